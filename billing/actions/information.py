"""Changing where invoices go."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Administrator, Provider
from billing.models import BillingInformation


@transaction.atomic
def change_information(
    *, provider: Provider, by: Administrator, at: datetime, **details: str | list[str]
) -> dict[str, tuple[object, object]]:
    """Write `details` (columns of the billing information); what changed, each as (before, after). Issued invoices keep what they say."""
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)  # two first savings at once make one row
    row = BillingInformation.objects.filter(provider=provider).first()
    if row is None:
        BillingInformation.objects.create(provider=provider, **details)
        changed: dict[str, tuple[object, object]] = {name: ("", value) for name, value in details.items() if value}
    else:
        changed = {name: (getattr(row, name), value) for name, value in details.items() if getattr(row, name) != value}
        for name, (_before, after) in changed.items():
            setattr(row, name, after)
        row.save(update_fields=list(changed))
    if changed:
        pairs = {name: list(pair) for name, pair in changed.items()}
        audit.record(by, "billing.information.changed", provider, provider_id=provider.pk, at=at, changes=pairs)
    return changed
