"""Changing an account's details."""

from datetime import datetime

from django.db import DataError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Provider
from msp_portal.lib.rules import RuleBroken


class ZoneUnknown(RuleBroken):
    """Postgres computes the months' boundaries, and its list of zones may be older than Python's."""

    message = _("The database does not know this time zone. Choose another city of the same zone.")
    code = "zone_unknown"
    field = "time_zone"


@transaction.atomic
def change_details(
    *, provider: Provider, by: Administrator, at: datetime, **details: str | int | None
) -> dict[str, tuple[object, object]]:
    """Write `details` (columns of the provider); what changed, each as (before, after), empty when nothing did.

    :raises ZoneUnknown: when the database cannot reckon with the time zone.
    """
    row = Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    changed: dict[str, tuple[object, object]] = {
        name: (getattr(row, name), value) for name, value in details.items() if getattr(row, name) != value
    }
    if "time_zone" in changed:
        _check_zone(str(details["time_zone"]))
    if changed:
        for name, (_before, after) in changed.items():
            setattr(row, name, after)
        row.save(update_fields=list(changed))
        audit.record(
            by, "provider.changed", row, provider_id=row.pk, at=at, changes={name: list(pair) for name, pair in changed.items()}
        )
    return changed


def _check_zone(zone: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select now() at time zone %s", [zone])
    except DataError as unknown:
        raise ZoneUnknown from unknown
