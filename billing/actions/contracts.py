"""Contracts: adding a version, and copying down what the one in force says."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Provider
from billing.drafts import first_month_of
from billing.models import Contract, Package
from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken
from usage.models import Licensing


class VersionsOverlap(RuleBroken):
    """A version that begins before the one it replaces would rewrite what is already billed."""

    message = _("The new version must not begin before the present one.")
    code = "contract_versions_overlap"
    field = "valid_from"


@transaction.atomic
def add_contract(
    *,
    provider: Provider,
    number: str,
    package: Package,
    kind: str,
    committed: int | None,
    unit_price: Decimal,
    overage_price: Decimal,
    currency: str,
    valid_from: date,
    ends_on: date | None,
    signed_on: date,
    by: Actor,
    at: datetime,
) -> Contract:
    """Add the provider's next version of its contract and copy down what is in force on the day of `at`.

    :raises VersionsOverlap: if it begins before the newest version does.
    """
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    newest = Contract.objects.filter(provider=provider).aggregate(version=Max("version"), begins=Max("valid_from"))
    if newest["begins"] and valid_from < newest["begins"]:
        raise VersionsOverlap
    contract = Contract.objects.create(
        provider=provider,
        number=number,
        version=(newest["version"] or 0) + 1,
        package=package,
        kind=kind,
        committed=committed,
        unit_price=unit_price,
        overage_price=overage_price,
        currency=currency,
        valid_from=valid_from,
        ends_on=ends_on,
        signed_on=signed_on,
        made_at=at,
    )
    audit.record(by, "billing.contract.added", contract, at=at, valid_from=valid_from, ends_on=ends_on)
    follow_contract(provider=provider, day=at.astimezone(ZoneInfo(provider.time_zone)).date())
    return contract


@transaction.atomic
def follow_contract(*, provider: Provider, day: date) -> Licensing | None:
    """Copy down to usage what the version in force on `day` says; without one, licensing is taken away. Returns what stands there now."""
    contract = Contract.objects.filter(provider=provider).in_force(day).select_related("package").first()
    if contract is None:
        Licensing.objects.filter(provider=provider).delete()
        return None
    terms = {
        "package_name": contract.package.name,
        "includes": contract.package.includes,
        "committed": contract.committed,
        "unit_price": contract.unit_price,
        "overage_price": contract.overage_price,
        "currency": contract.currency,
        "contract_ends_on": contract.ends_on,
        "billed_from": first_month_of(contract),
    }
    licensing, _made = Licensing.objects.update_or_create(provider=provider, defaults=terms)
    return licensing


def follow_contracts(*, at: datetime) -> int:
    """Follow the version in force of every provider that has a contract, each on its own day; returns how many there are."""
    with tenancy.system("contracts in force"):
        providers = list(Provider.objects.filter(contracts__isnull=False).distinct())
        for provider in providers:
            follow_contract(provider=provider, day=at.astimezone(ZoneInfo(provider.time_zone)).date())
    return len(providers)
