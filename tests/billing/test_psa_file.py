"""The PSA file: the lines of the invoices that charge a month's marks, and for the running month those of the next invoice."""

import csv
import io
from collections import Counter
from decimal import Decimal
from random import Random

import pytest
from django.test import Client
from django.urls import reverse

from accounts.listings import Listing
from accounts.models import Organization
from accounts.roles import Role
from billing.actions.invoices import issue_credit_note, issue_monthly_invoice
from billing.models import Invoice, TaxRate
from billing.next_invoice import next_invoice
from billing.psa import HEADER, psa_file, psa_listing, psa_months
from msp_portal.lib.csv_export import DIALECTS, csv_chunks
from msp_portal.lib.templatetags.portal import money
from tests.billing.books import live_at, sign, words_of
from tests.billing.runs import ON_TIME, first, msp, peaks, run
from tests.billing.test_next_invoice import IN_MARCH, some_provider
from tests.cast import administrator, sign_in
from tests.usage.history import change, clock, utc

pytestmark = pytest.mark.django_db

MARCH, APRIL = first(3), first(4)
LATER = utc(2026, 4, 20)


@pytest.fixture
def committed_msp():
    """Marks of 8, 5 and 4 over 14 licences: 140.00 in advance for April, and 3 over for 37.50, with the tax of its country."""
    TaxRate.objects.create(country="DE", name="VAT", percent=19, valid_from=first(1), owed_by_customer=False)
    provider = msp()
    live_at(provider, country="DE")
    provider.clients = peaks(provider, 8, 5, 4)
    provider.contract = sign(provider, committed=14)
    Organization.objects.filter(pk=provider.clients[0].pk).update(external_id="ACC-1")
    return provider


def written(file, dialect="comma"):
    """The file as it is read again: a dict a line."""
    listing = psa_listing(file)
    assert isinstance(listing, Listing)
    text = "".join(csv_chunks(listing.header, listing.lines(), DIALECTS[dialect]))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=DIALECTS[dialect].delimiter))


def charged(file):
    """By organization what the file says, for comparing."""
    return {line.organization_id: (line.organization_name, line.quantity, line.overage_part, line.amount) for line in file.lines}


def by_invoices(provider, month=MARCH):
    """The same, from the lines of the invoices themselves."""
    found = {}
    for invoice in Invoice.objects.filter(provider=provider, marks_month=month, credit_notes=None).exclude(kind="credit_note"):
        for line in invoice.lines.all():
            _, _, over, amount = found.get(line.organization_id, ("", 0, 0, Decimal(0)))
            found[line.organization_id] = (
                *(line.organization_name, line.high_water_mark),
                *(max(over, line.overage_part), amount + line.amount),
            )
    return found


def sums(rows, column="amount"):
    total = Counter()
    for row in rows:
        total[row["currency"]] += Decimal(row[column])
    return dict(total)


def said_in_words(amount):
    return " ".join(money(amount, "USD").split())


class TestABilledMonth:
    def test_has_one_line_an_organization_with_what_both_invoices_charge(self, committed_msp):
        run(ON_TIME)
        rows = written(psa_file(committed_msp, MARCH, LATER))
        assert tuple(rows[0]) == HEADER
        advance, overage = Invoice.objects.filter(provider=committed_msp, marks_month=MARCH).order_by("number")
        assert [
            (
                row["quantity"],
                row["committed_part"],
                row["overage_part"],
                row["unit_price"],
                row["overage_unit_price"],
                row["amount"],
            )
            for row in rows
        ] == [
            ("8", "7", "1", "10.00", "12.50", "82.50"),
            ("5", "4", "1", "10.00", "12.50", "52.50"),
            ("4", "3", "1", "10.00", "12.50", "42.50"),
        ]
        assert {row["invoice"] for row in rows} == {f"{advance.number} {overage.number}"}
        assert [row["external_id"] for row in rows] == ["ACC-1", "", ""]
        assert {(row["month"], row["product"], row["status"]) for row in rows} == {("2026-03", "Platform Plus", "invoiced")}

    def test_adds_up_to_the_invoices_before_taxes(self, committed_msp):
        run(ON_TIME)
        file = psa_file(committed_msp, MARCH, LATER)
        (total,) = file.totals
        assert sums(written(file)) == {"USD": total.net} == {"USD": Decimal("177.50")}
        invoices = Invoice.objects.filter(provider=committed_msp, marks_month=MARCH)
        assert total.total == sum(invoice.total_amount for invoice in invoices) == Decimal("177.50") + total.tax
        assert total.tax > 0

    def test_without_a_commitment_has_every_mark_at_its_price(self):
        provider = msp()
        peaks(provider, 8, 5)
        sign(provider)
        run(ON_TIME)
        rows = written(psa_file(provider, MARCH, LATER))
        assert [(row["quantity"], row["committed_part"], row["amount"]) for row in rows] == [
            ("8", "0", "80.00"),
            ("5", "0", "50.00"),
        ]
        assert {row["overage_unit_price"] for row in rows} == {""}

    def test_has_a_closed_organization_under_its_name_of_then(self, committed_msp):
        run(ON_TIME)
        client = committed_msp.clients[1]
        former = client.name
        change(client, -1, utc(2026, 4, 2))
        Organization.objects.filter(pk=client.pk).update(name="Renamed", closed_at=utc(2026, 4, 3))
        assert former in {row["organization"] for row in written(psa_file(committed_msp, MARCH, LATER))}

    def test_has_what_was_issued_anew_instead_of_what_was_taken_back(self, committed_msp):
        run(ON_TIME)
        before = charged(psa_file(committed_msp, MARCH, LATER))
        overage = Invoice.objects.get(provider=committed_msp, kind="overage")
        issue_credit_note(invoice=overage, reason="Wrong", by=None, at=LATER)
        assert sums(written(psa_file(committed_msp, MARCH, LATER))) == {"USD": Decimal(140)}
        advance = Invoice.objects.get(provider=committed_msp, kind="monthly", month=APRIL)
        issue_credit_note(invoice=advance, reason="Wrong", by=None, at=LATER)
        assert not psa_file(committed_msp, MARCH, LATER).totals
        issue_monthly_invoice(contract=committed_msp.contract, month=APRIL, by=None, at=LATER, revision=2)
        file = psa_file(committed_msp, MARCH, LATER)
        assert {row["invoice"] for row in written(file)} == {Invoice.objects.get(revision=2, kind="monthly").number}
        assert sum(line.amount for line in file.lines) == 140
        assert {pk: line[:2] for pk, line in charged(file).items()} == {pk: line[:2] for pk, line in before.items()}

    def test_has_those_of_a_last_month_that_was_paid_in_advance(self):
        provider = msp()
        peaks(provider, 8, 5)
        sign(provider, committed=20, ends_on=utc(2026, 3, 31).date())
        run(ON_TIME)
        rows = written(psa_file(provider, MARCH, LATER))
        assert [(row["quantity"], row["amount"], row["invoice"]) for row in rows] == [("8", "0.00", ""), ("5", "0.00", "")]


class TestTheRunningMonth:
    def test_is_the_next_invoice_so_far_and_says_so(self, committed_msp):
        file, coming = psa_file(committed_msp, MARCH, IN_MARCH), next_invoice(committed_msp, IN_MARCH)
        assert {total.currency: total.total for total in file.totals} == coming.totals
        assert {row["status"] for row in written(file)} == {"estimate"}
        assert psa_listing(file).name == "psa-2026-03-estimate.csv"
        run(ON_TIME)
        billed = psa_file(committed_msp, MARCH, LATER)
        assert charged(billed) == charged(file)
        assert psa_listing(billed).name == "psa-2026-03.csv"

    def test_stays_an_estimate_after_its_end_until_it_is_billed(self, committed_msp):
        from usage.actions.licence_totals import roll_months

        with clock(ON_TIME):
            roll_months(at=ON_TIME)
        assert psa_months(committed_msp, ON_TIME)[:2] == [APRIL, MARCH]
        file = psa_file(committed_msp, MARCH, ON_TIME)
        assert file.is_estimate
        run(ON_TIME)
        assert charged(psa_file(committed_msp, MARCH, ON_TIME)) == charged(file)

    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_is_billed_whatever_the_contract(self, seed):
        random = Random(seed)
        providers = [some_provider(number, random) for number in range(5)]
        with clock(IN_MARCH):
            before = {provider.pk: charged(psa_file(provider, MARCH, IN_MARCH)) for provider in providers}
        run(utc(2026, 4, 1, 9))
        for provider in providers:
            file = psa_file(provider, MARCH, LATER)
            assert charged(file) == before[provider.pk]
            assert {pk: line for pk, line in charged(file).items() if pk in by_invoices(provider)} == by_invoices(provider)
            assert {total.currency: total.net for total in file.totals} == {
                currency: amount for currency, amount in sums(written(file)).items() if file.invoices
            }


class TestTheFile:
    @pytest.mark.parametrize(("dialect", "price"), [("comma", "12.50"), ("semicolon", "12,50"), ("tab", "12.50")])
    def test_may_have_any_dialect(self, committed_msp, dialect, price):
        rows = written(psa_file(committed_msp, MARCH, IN_MARCH), dialect)
        assert {row["overage_unit_price"] for row in rows} == {price}
        assert tuple(rows[0]) == HEADER

    def test_keeps_umlauts_and_stops_formulas(self, committed_msp):
        Organization.objects.filter(pk=committed_msp.clients[0].pk).update(name="Brück; Söhne", external_id="=1+2")
        (row,) = [row for row in written(psa_file(committed_msp, MARCH, IN_MARCH), "semicolon") if row["quantity"] == "8"]
        assert (row["organization"], row["external_id"]) == ("Brück; Söhne", "'=1+2")

    def test_has_the_same_heads_in_every_language(self, committed_msp):
        reader = sign_in(Client(), administrator(committed_msp, Role.BILLING_ONLY))
        answer = reader.get(reverse("psa-csv"), headers={"Accept-Language": "de"})
        first_line = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()[0]
        assert first_line == ";".join(HEADER)


class TestThePage:
    @pytest.fixture
    def reader(self, committed_msp):
        run(ON_TIME)
        return sign_in(Client(), administrator(committed_msp, Role.ADMINISTRATOR_WITH_BILLING))

    def test_shows_the_lines_their_sum_and_the_total_of_the_invoices(self, reader, committed_msp):
        page = words_of(reader.get(reverse("psa"), {"month": "2026-03"}))
        invoices = Invoice.objects.filter(provider=committed_msp, marks_month=MARCH)
        for said in (
            said_in_words(Decimal("177.5")),
            said_in_words(Decimal("82.5")),
            *(invoice.number for invoice in invoices),
            "ACC-1",
        ):
            assert said in page
        assert f"Total of the invoices {said_in_words(sum(invoice.total_amount for invoice in invoices))}" in page

    def test_names_who_has_no_external_id_and_ids_that_are_shared(self, reader, committed_msp):
        page = words_of(reader.get(reverse("psa"), {"month": "2026-03"}))
        assert "2 organizations have no external id" in page
        Organization.objects.filter(provider=committed_msp).update(external_id="ACC-9")
        page = words_of(reader.get(reverse("psa"), {"month": "2026-03"}))
        assert "no external id" not in page
        assert "share: ACC-9" in page

    def test_is_led_to_from_the_usage_tab_and_the_invoice(self, reader, committed_msp):
        invoice = Invoice.objects.get(provider=committed_msp, kind="overage")
        assert f"{reverse('psa')}?month=2026-03" in reader.get(invoice.get_absolute_url()).content.decode()
        assert reverse("psa") in reader.get(reverse("usage")).content.decode()

    @pytest.mark.parametrize("month", ["2019-01", "march", "2026-13"])
    def test_has_no_file_of_a_month_that_nobody_billed(self, reader, month):
        assert reader.get(reverse("psa"), {"month": month}).status_code == 404
        assert reader.get(reverse("psa-csv"), {"month": month}).status_code == 404
