"""Whatever happens to an invoice, and in whatever currency: everything adds up, and page, CSV and paper say the same."""

import io
import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from random import Random

import pytest
from django.db import connection
from django.urls import reverse
from pypdf import PdfReader

from billing import psp
from billing.actions.charges import intend_charge
from billing.actions.invoices import issue, issue_credit_note
from billing.actions.payments import record_payment, record_refund, write_off
from billing.actions.settling import NotOurs, Told, fail, settle, settle_refund, settle_return
from billing.drafts import Mark, usage_draft
from billing.models import BillingAccount, BillingInformation, Contract, Invoice, PaymentMethod, TaxRate
from billing.pdf import invoice_pdf
from billing.verification import first_fault
from msp_portal.lib.money import rounded
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.templatetags.portal import money
from tests.billing.books import ADDRESS, MARCH, rows_of_csv, sign
from tests.cast import sign_in
from tests.usage.history import utc

pytestmark = pytest.mark.django_db

AT_ONCE = 25
CURRENCIES = ("JPY", "USD", "EUR", "KWD")
STEP = {"JPY": Decimal(1), "USD": Decimal("0.01"), "EUR": Decimal("0.01"), "KWD": Decimal("0.010")}  # of what can be charged
PLACES = [("US", ""), ("DE", ""), ("FR", "FR61954506077")]


class History:
    """An invoice of one client or several, and things that happen to it."""

    def __init__(self, contract, clients, random, number):
        self.random, self.number, self.charged = random, number, 0
        marks = [Mark(client.pk, client.organization.name, random.randint(0, 400)) for client in clients]
        marks = [mark for mark in marks if mark.users] or [Mark(None, "Nobody's", 1)]
        self.at = utc(2026, 4, 1, 0, 20)
        self.invoice = issue(usage_draft(contract, MARCH, marks), by=None, at=self.at, revision=number)

    def go_on(self):
        """Between none and seven things that are tried; what a rule refuses does not happen."""
        for _ in range(self.random.randint(0, 7)):
            self.at += timedelta(days=self.random.randint(0, 9))
            act = self.random.choice(
                [self.transfer, self.transfer, self.charge, self.charge, self.refund, self.give_up, self.credit]
            )
            try:
                act()
            except (RuleBroken, NotOurs):
                continue

    def some(self, of):
        """A part of an amount, or sometimes more than it."""
        return max(
            rounded(of * self.random.choice([1, 1, 2]) * self.random.randint(1, 100) / 100, self.invoice.currency),
            STEP[self.invoice.currency],
        )

    def owed(self):
        return Invoice.objects.as_of(self.at.date()).get(pk=self.invoice.pk).owed_amount

    def transfer(self):
        paid = min(self.some(self.owed()), self.owed()) if self.random.random() < 0.8 else self.some(self.owed())
        record_payment(invoice=self.invoice, kind="bank_transfer", amount=paid, reference="Wire", by=None, at=self.at)

    def charge(self):
        method = PaymentMethod.objects.get(provider=self.invoice.provider)
        meant = intend_charge(invoice=self.invoice, method=method, reason="autopay", by=None, at=self.at)
        self.charged += 1
        if self.random.random() < 0.3:
            fail(meant, "insufficient_funds", Told("answer", self.at), at=self.at)
            return
        self.settled(meant)

    def settled(self, meant):
        found = psp.ChargeResult(
            id=f"pi_{meant.pk}", state="succeeded", amount=meant.amount, currency=meant.currency,
            customer=f"cus_{meant.provider_id}", created_at=self.at, metadata={},
        )  # fmt: skip
        settle(meant, found, Told("answer", self.at), at=self.at)

    def refund(self):
        paid = self.invoice.payments.filter(amount__gt=0).exclude(kind="write_off").order_by("?").first()
        if paid is None:
            return
        amount, told = self.some(paid.amount), Told("webhook", self.at, "")
        if paid.charge is None:
            record_refund(payment=paid, amount=amount, reference="Back", by=None, at=self.at)
        elif self.random.random() < 0.5:
            name = f"re_{paid.pk}_{self.random.random()}"
            settle_refund(
                paid.charge, psp.RefundResult(name, paid.psp_id, "succeeded", amount, self.invoice.currency, {}), told, at=self.at
            )
        else:
            dispute = psp.ReturnFacts(f"dp_{paid.pk}", paid.psp_id, paid.amount, self.invoice.currency, "fraudulent", False, True)
            settle_return(paid.charge, dispute, told, at=self.at)

    def give_up(self):
        write_off(invoice=self.invoice, amount=self.some(self.owed()), reference="Dispute", by=None, at=self.at)

    def credit(self):
        issue_credit_note(invoice=self.invoice, reason="Wrong", by=None, at=self.at)


@pytest.fixture
def histories(full):
    return 2000 if full else 2 * AT_ONCE


@pytest.fixture
def northwind(cast):
    """With rates of tax for all places, a card on file, and nothing billed."""
    provider = cast.northwind.provider
    BillingAccount.objects.create(provider=provider, psp_customer=f"cus_{provider.pk}")
    PaymentMethod.objects.create(provider=provider, kind="card", brand="Visa", last4="4242", place=1)
    BillingInformation.objects.create(provider=provider, **{**ADDRESS, "country": "US"})
    for country, percent in (("DE", "19"), ("FR", "20")):
        TaxRate.objects.create(
            country=country, name="VAT", percent=Decimal(percent), valid_from=MARCH, owed_by_customer=country == "FR"
        )
    return cast.northwind


def tell(northwind, random, number):
    country, tax_number = random.choice(PLACES)
    BillingInformation.objects.update(country=country, tax_number=tax_number)
    price = Decimal(random.randint(1, 200_000)) / 10_000
    currency = random.choice(CURRENCIES)
    price = price.quantize(Decimal("0.01")) if currency == "KWD" else price
    contract = Contract.objects.get(pk=sign(northwind.provider, unit_price=price, currency=currency).pk)
    history = History(contract, random.sample(northwind.clients, random.randint(1, len(northwind.clients))), random, number)
    history.go_on()
    return history


def test_everything_adds_up_and_is_told_alike(northwind, client, histories, full):
    owner = sign_in(client, northwind.owner)
    random, charged = Random(20_261_127), 0
    for begin in range(0, histories, AT_ONCE):
        charged += sum(tell(northwind, random, begin + place + 1).charged for place in range(AT_ONCE))
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
        assert first_fault() is None
    assert charged > histories / 10, "charges must have happened"
    compare(owner, northwind, every=1 if full else 10)


def compare(owner, northwind, every):
    """Every row of the page and of the list's CSV, and every so-manieth paper, against the ledger."""
    rows = {row.number: row for row in Invoice.objects.filter(provider=northwind.provider).as_of(utc(2026, 6, 1).date())}
    listed = {line["Number"]: line for line in rows_of_csv(owner.get(reverse("payments-csv")))}
    shown = pages(owner)
    assert rows.keys() == listed.keys() == shown.keys()
    for number, row in rows.items():
        told = (row.total_amount, row.credited_amount, row.paid_amount, row.owed_amount)
        assert row.is_credit_note or told[0] == sum(told[1:]), number
        assert tuple(Decimal(listed[number][name]) for name in ("Billed", "Credited", "Paid", "Owed")) == told
        assert shown[number] == [money(amount, row.currency) for amount in (told[0], told[2], told[3])]
        lines = rows_of_csv(owner.get(reverse("invoice-csv", args=[row.pk])))
        assert sum(Decimal(line["Amount"]) for line in lines) == row.total_amount
    for row in list(rows.values())[::every]:
        paper = text_of(invoice_pdf(row))
        assert money(row.total_amount, row.currency).replace("\N{NO-BREAK SPACE}", " ") in paper
        for line in [*row.lines.all(), *row.taxes.all()]:
            assert money(line.amount, row.currency).replace("\N{NO-BREAK SPACE}", " ") in paper


def pages(owner):
    """What the list's pages show of each document: billed, paid, owed."""
    shown, number = {}, 1
    while True:
        page = unescape(owner.get(reverse("payments"), {"per_page": 100, "page": number}).content.decode())
        rows = re.findall(r'<tr id="invoice-row-.*?</tr>', page, re.DOTALL)
        for row in rows:
            name = re.search(r'<th scope="row"><a[^>]*>([^<]+)', row)[1]
            shown[name] = re.findall(r'data-label="(?:Billed|Paid|Owed)">([^<]*)', row)
        if f"page={number + 1}" not in page:
            return shown
        number += 1


def text_of(content):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
