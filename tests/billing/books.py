"""Contracts and invoices for tests, made by the real actions over months that the real gate closed."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

from billing.actions.contracts import add_contract
from billing.actions.invoices import issue_monthly_invoice, issue_overage_invoice
from billing.actions.payments import record_payment
from billing.models import BillingInformation, Package
from tests.usage.history import change, new_organization, run_hourly_job, utc

MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)
FIRST_OF_APRIL = utc(2026, 4, 1, 0, 20)
ADDRESS = {
    "company": "Northwind MSP, LLC",
    "contact_name": "Grace Lindqvist",
    "contact_email": "grace@northwind.example",
    "street": "1400 Wynkoop Street",
    "city": "Denver",
    "country": "US",
    "recipients": ["invoices@northwind.example"],
}


def new_package(**fields):
    terms = {"unit_price": Decimal("10.00"), "overage_price": Decimal("12.50"), "currency": "USD", **fields}
    return Package.objects.create(code="plus", name="Platform Plus", includes=["Directory", "Devices"], **terms)


def sign(provider, *, committed=None, valid_from=date(2026, 1, 1), ends_on=None, at=None, **fields):
    """The next version of the provider's contract."""
    package = Package.objects.first() or new_package()
    terms = {
        "unit_price": Decimal("10.00"),
        "overage_price": Decimal("12.50"),
        "currency": "USD",
        "signed_on": valid_from,
        **fields,
    }
    return add_contract(
        provider=provider,
        number="C-1",
        package=package,
        kind="annual",
        committed=committed,
        valid_from=valid_from,
        ends_on=ends_on,
        by=None,
        at=at or utc(2026, 1, 1, 9),
        **terms,
    )


def peaks_in_march(provider, *peaks, names=("Acme", "Birch", "Coral", "Dune")):
    """One client a peak, which had that many users for an hour in March and one user afterwards; March is closed."""
    clients = []
    for peak, name in zip(peaks, names, strict=False):
        client = new_organization(provider, f"{name} {peak}", at=utc(2026, 3, 2, 9), users=peak)
        if peak > 1:
            change(client, 1 - peak, utc(2026, 3, 2, 10))
        clients.append(client)
    run_hourly_job(utc(2026, 4, 1, 0, 5))
    return clients


def bill_march(contract, **options):
    return issue_monthly_invoice(contract=contract, month=MARCH, by=None, at=FIRST_OF_APRIL, **options)


def live_at(provider, **fields):
    return BillingInformation.objects.create(provider=provider, **{**ADDRESS, **fields})


def days_after(at, days):
    return at + timedelta(days=days)


def overage_of_march(contract):
    return issue_overage_invoice(contract=contract, month=MARCH, by=None, at=FIRST_OF_APRIL)


def pay(invoice, amount, at=FIRST_OF_APRIL):
    return record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal(amount), reference="WIRE-1", by=None, at=at)


def words_of(response):
    """What a reader sees of the page, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def rows_of_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
