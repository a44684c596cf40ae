"""Providers that pay: a customer and methods at the stand-in, as the setup makes them, and bills in any number."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing import psp, tokens
from billing.actions.charges import intend_charge
from billing.actions.collecting import collect
from billing.actions.reconciling import reconcile
from billing.actions.webhooks import receive, work_inbox
from billing.models import BillingAccount, Charge, Invoice, InvoiceLine, InvoiceSeries, PaymentMethod
from billing.psp import webhooks
from tests.billing.psp.conftest import Customer

DAY = date(2026, 4, 1)


def now():
    return datetime.now(UTC)


def later(**ahead):
    """A clock that is ahead by so much."""
    return lambda: now() + timedelta(**ahead)


def customer_of(provider, stand_in):
    """The provider's customer at the stand-in."""
    found = psp.ensure_customer(
        provider_id=provider.pk, name=provider.name, email="b@northwind.example", idempotency_key=provider.pk
    )
    BillingAccount.objects.get_or_create(provider=provider, defaults={"psp_customer": found})
    return Customer(stand_in, found)


def method_of(provider, stand_in, number="4242424242424242", kind="card", currency="USD"):
    """A method on file, added on the hosted page."""
    facts = customer_of(provider, stand_in).adds(number, kind, currency)
    return PaymentMethod.objects.create(
        provider=provider,
        kind=facts.kind,
        sealed_token=tokens.seal(facts.token),
        token_digest=tokens.digest(facts.token),
        brand=facts.brand,
        last4=facts.last4,
        expires_on=facts.expires_on,
        place=PaymentMethod.objects.filter(provider=provider).count() + 1,
    )


@transaction.atomic
def bills(provider, count=1, amount="12.50", currency="USD"):
    """So many invoices of one line, with numbers of their own."""
    series, _made = InvoiceSeries.objects.get_or_create(code="T-2026", defaults={"last_number": 0})
    begin, series.last_number = series.last_number, series.last_number + count
    series.save()
    common = {"kind": "monthly", "time_zone": "UTC", "currency": currency, "total_amount": Decimal(amount)}
    common |= {"marks_month": DAY, "issued_on": DAY, "due_on": DAY + timedelta(days=30), "issued_at": now()}
    issued = [
        Invoice.objects.create(
            provider=provider,
            number=f"T-2026-{begin + place + 1:05d}",
            month=DAY,
            revision=begin + place + 1,
            billed_to={"company": "x"},
            **common,
        )
        for place in range(count)
    ]
    line = {
        "place": 1,
        "organization_name": "Acme",
        "high_water_mark": 1,
        "committed_part": 0,
        "overage_part": 0,
        "unit_price": 1,
    }
    InvoiceLine.objects.bulk_create(
        InvoiceLine(provider=provider, invoice=invoice, amount=invoice.total_amount, **line) for invoice in issued
    )
    return issued


def mean(invoice, method, reason="autopay", by=None):
    return intend_charge(invoice=invoice, method=method, reason=reason, by=by, at=now())


def charge(invoice, method, **how):
    """Mean it and let the worker do it; the charge as it is afterwards."""
    meant = mean(invoice, method, **how)
    collect(now)
    return Charge.objects.get(pk=meant.pk)


def listen(stand_in):
    """Put everything that the stand-in has to tell into the inbox, as if posted, and work it."""
    for row in stand_in.events():
        receive(event_of(row["body"]), at=now())
    return work_inbox(now)


def event_of(body):
    return webhooks.event_of(json.loads(body) if isinstance(body, str) else body)


def reconcile_late():
    return reconcile(later(minutes=5))


def became(invoice):
    """Status, paid and owed."""
    found = Invoice.objects.as_of(invoice.due_on).get(pk=invoice.pk)
    return found.status, found.paid_amount, found.owed_amount
