"""Loads the sample data into an empty database, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Provider
from billing.actions.documents import make_invoice_document, make_missing_documents
from billing.models import Invoice, Package
from billing.sample import activity, cast, player
from billing.sample.alerts import make_alerts
from billing.sample.bills import Books, make_contracts, make_packages, make_tax_rates
from billing.sample.calendar import window
from billing.sample.cases import make_cases
from billing.sample.imports import make_imports
from billing.sample.keys import make_keys, make_named_keys
from billing.sample.names import Names
from billing.sample.people import make_cast, make_operator
from billing.sample.plans import MSPS, NORTHWIND, Msp
from billing.sample.seat_requests import make_seat_requests
from billing.sample.story import story_of
from billing.sample.ways_in import make_ways_in
from billing.sample.webhooks import make_webhooks
from msp_portal.lib.rules import RuleBroken
from usage.actions.licence_totals import fill_slots, roll_months
from usage.actions.rises import work_out_rises

PAPERS_DRAWN: Final = 12


class NotEmpty(RuleBroken):
    """Sample data beside real data would be billed, mailed and counted with it."""

    message = _("The database has providers already; sample data goes into an empty one only.")
    code = "database_not_empty"


@dataclass(frozen=True)
class Loaded:
    """The providers, each with its plain key, and everyone who can sign in."""

    providers: list[dict[str, str]]
    logins: list[dict[str, str | None]]


@transaction.atomic
def load(*, seed: int, at: datetime) -> Loaded:
    """Make everything as if it had happened until `at`; the same seed gives the same data relative to it.

    :raises NotEmpty: when there is a provider.
    """
    if Provider.objects.exists():
        raise NotEmpty
    random = Random(seed)  # noqa: S311 - for names and dates, not for secrets
    names = Names(random)
    operator = make_operator(at - timedelta(days=600))
    packages = make_packages()
    make_tax_rates()
    providers = {msp.name: _tell(msp, names, random, operator, packages, at) for msp in MSPS}
    player.set_clock(at.isoformat())
    roll_months(at=at)
    _bill(providers, random, operator, packages, at)
    administrators = make_cast(providers, {msp.name: _begin(msp, at) for msp in MSPS})
    keys = make_keys(providers, administrators, at - timedelta(days=40))
    make_named_keys(providers[NORTHWIND.name], administrators, at)
    make_cases(providers, administrators, operator, at)
    make_seat_requests(administrators, at)
    make_imports(administrators, at)
    make_ways_in(administrators, at)
    make_webhooks(providers[NORTHWIND.name], administrators, at)
    activity.note(administrators, since=at - timedelta(days=30))
    activity.begin_totals(at - timedelta(days=70))
    fill_slots(at=at)
    work_out_rises(at=at)
    make_alerts(administrators, at)
    make_missing_documents()
    _draw_newest_invoices()
    return Loaded(_providers(providers, keys), _logins())


def _tell(msp: Msp, names: Names, random: Random, operator: Person, packages: Mapping[str, Package], at: datetime) -> Provider:
    contact_name, contact_email, contact_phone = msp.contact
    manager_name, manager_email, manager_phone = msp.account_manager
    player.set_clock(_begin(msp, at).isoformat())
    provider = Provider.objects.create(
        name=msp.name,
        contact_name=contact_name,
        contact_email=contact_email,
        contact_phone=contact_phone,
        time_zone=msp.time_zone,
        account_manager_name=manager_name,
        account_manager_email=manager_email,
        account_manager_phone=manager_phone,
        created_at=_begin(msp, at),
    )
    ids = dict(zip((client.name for client in msp.clients), player.new_ids(len(msp.clients)), strict=True))
    player.play(story_of(msp, names, random, cast.staff_of(msp.name), at), provider.pk, ids)
    return provider


def _bill(
    providers: Mapping[str, Provider], random: Random, operator: Person, packages: Mapping[str, Package], at: datetime
) -> None:
    """Month by month over all providers, as the numbers of invoices run through all of them."""
    books = []
    for msp in MSPS:
        provider = providers[msp.name]
        make_contracts(msp, provider, packages[msp.package], operator, at)
        books.append(Books(msp, provider, random, operator, at))
    for back in range(max(msp.terms[0].begins for msp in MSPS), -1, -1):
        for book in books:
            book.keep(back)
        for book in books:
            book.correct(back)


def _draw_newest_invoices() -> None:
    """The papers that are looked at first; the worker draws the older ones in its first minutes, as half a second each would keep all waiting."""
    for invoice in Invoice.objects.select_related("corrects").newest_first()[:PAPERS_DRAWN]:
        make_invoice_document(invoice)


def _begin(msp: Msp, at: datetime) -> datetime:
    """When the provider came: some days before its first month."""
    return window(msp.time_zone, at, max(terms.begins for terms in msp.terms)).starts_at - timedelta(days=9)


def _providers(providers: Mapping[str, Provider], keys: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"id": provider.pk, "name": name, "api_key": keys[name]} for name, provider in providers.items()]


def _logins() -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = [
        {
            "email": member.email,
            "password": member.password,
            "role": place.role.value,
            "provider": place.provider,
            "organization": place.organization,
        }
        for member in cast.CAST
        for place in member.places
    ]
    operator = cast.OPERATOR
    rows.append(
        {
            "email": operator.email,
            "password": operator.password,
            "role": cast.OPERATOR_ROLE,
            "provider": None,
            "organization": None,
        }
    )
    return rows
