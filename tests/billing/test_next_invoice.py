"""Next invoice so far: what is shown is what the monthly run issues, if no mark rises meanwhile."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Provider
from billing.actions.contracts import follow_contracts
from billing.actions.monthly_run import run_billing
from billing.models import Invoice, TaxRate
from billing.next_invoice import next_invoice
from msp_portal.lib.money import CURRENCIES
from msp_portal.lib.templatetags.portal import month_name
from tests.billing.books import live_at, rows_of_csv, sign, words_of
from tests.billing.runs import ON_TIME, first, msp, peaks, run
from tests.cast import sign_in
from tests.usage.history import change, clock, new_organization, run_hourly_job, utc
from usage.queries.forecast import outlook_of
from usage.queries.licences import licences_of
from usage.queries.marks import present_month

pytestmark = pytest.mark.django_db

IN_MARCH = utc(2026, 3, 28, 12)
MARCH, APRIL = first(3), first(4)


def shown(provider, at=IN_MARCH):
    """Everything that the page shows, for comparing."""
    coming = next_invoice(provider, at)
    return [
        (
            *(str(row.draft.kind), row.draft.month, row.draft.marks_month, row.currency, row.total_amount),
            *(coming.issued_on, coming.due_on),
            [
                (
                    *(line.mark.organization_id, line.mark.organization_name, line.mark.users, line.committed_part),
                    line.overage_part,
                    line.amount,
                )
                for line in row.draft.lines
            ],
            [(str(tax), tax.amount, tax.note) for tax in row.taxes],
        )
        for row in coming.expected
    ]


def billed(provider, day=APRIL):
    """The same of what was issued on `day`."""
    return [
        (
            *(invoice.kind, invoice.month, invoice.marks_month, invoice.currency, invoice.total_amount),
            *(invoice.issued_on, invoice.due_on),
            [
                (
                    *(line.organization_id, line.organization_name, line.high_water_mark, line.committed_part),
                    line.overage_part,
                    line.amount,
                )
                for line in invoice.lines.order_by("place")
            ],
            [(str(tax), tax.amount, tax.note) for tax in invoice.taxes.order_by("place")],
        )
        for invoice in Invoice.objects.filter(provider=provider, issued_on=day, month__gte=MARCH).order_by("number")
        if invoice.month > MARCH or not invoice.is_in_advance
    ]


def some_provider(number, random):
    """With clients that come and go in March, and a contract that may change or end with it."""
    provider = msp(f"MSP {number}", random.choice(["UTC", "Europe/Berlin", "America/Denver", "Asia/Kolkata"]))
    live_at(provider, country=random.choice(["DE", "US", "CH"]), tax_number=random.choice(["", "DE136695976"]))
    for _client in range(random.randint(0, 6)):
        client = new_organization(provider, at=utc(2026, 3, 2, 9), users=random.randint(0, 12))
        change(client, random.randint(1, 9), utc(2026, 3, 9, 9))
        change(client, -random.randint(1, 8), utc(2026, 3, 20, 9))
    terms = {"currency": random.choice(CURRENCIES), "unit_price": Decimal(random.randint(1, 99999)) / 10000}
    sign(
        provider,
        committed=random.choice([None, 7, 20, 40]),
        valid_from=MARCH,
        ends_on=random.choice([None, date(2026, 3, 31)]),
        **terms,
    )
    if random.random() < 0.4:
        sign(provider, committed=random.choice([None, 3, 30]), valid_from=APRIL, **terms)
    return provider


class TestWhatIsShown:
    @pytest.mark.parametrize("seed", range(6))
    def test_is_what_is_billed(self, seed):
        random = Random(seed)
        TaxRate.objects.create(country="DE", name="VAT", percent=19, valid_from=date(2020, 1, 1), owed_by_customer=True)
        TaxRate.objects.create(country="US", name="Sales tax", percent=Decimal("2.9"), valid_from=date(2020, 1, 1))
        providers = [some_provider(number, random) for number in range(6)]
        with clock(IN_MARCH):
            before = {provider.pk: shown(provider) for provider in providers}
        run(utc(2026, 4, 1, 9))
        assert sum(map(len, before.values())) >= 5
        for provider in providers:
            assert billed(provider) == before[provider.pk]

    @pytest.mark.parametrize("seed", range(3))
    def test_is_what_the_usage_tab_says_of_the_month_so_far(self, seed):
        """But for what is paid in advance and the tax; for none over the commitment, for one, and for many."""
        random = Random(seed)
        providers = [some_provider(number, random) for number in range(6)]
        for over in (0, 1):
            at_the_edge = msp(f"At the edge {over}")
            peaks(at_the_edge, 8, 6 + over)
            sign(at_the_edge, committed=14, valid_from=MARCH, overage_price=Decimal("7.0125"))
            providers.append(at_the_edge)
        run_hourly_job(IN_MARCH)
        follow_contracts(at=IN_MARCH)
        told = {provider: outlook_of(licences_of(provider), present_month(provider, IN_MARCH)) for provider in providers}
        for provider, outlook in told.items():
            drafts = [row.draft for row in next_invoice(provider, IN_MARCH).expected if not row.draft.is_in_advance]
            assert outlook.amount == sum(draft.net_amount for draft in drafts)
            assert {draft.contract.currency for draft in drafts} <= {outlook.currency}
        assert [outlook.amount for outlook in told.values()][-2:] == [0, Decimal("7.01")]
        assert len({outlook.amount for outlook in told.values()}) > 4

    def test_is_not_told_on_the_usage_tab_while_other_terms_bill_the_month(self):
        provider = msp()
        peaks(provider, 20)
        sign(provider, committed=14, valid_from=MARCH)
        sign(provider, committed=5, valid_from=date(2026, 3, 15))
        run_hourly_job(IN_MARCH)
        follow_contracts(at=IN_MARCH)
        outlook = outlook_of(licences_of(provider), present_month(provider, IN_MARCH))
        assert (licences_of(provider).committed, outlook.committed, outlook.amount) == (5, None, None)
        assert not next_invoice(provider, IN_MARCH).expected[-1].draft.is_in_advance

    def test_rises_with_a_mark_and_does_not_fall_with_a_count(self):
        provider = msp()
        client = peaks(provider, 8)[0]
        sign(provider, valid_from=MARCH)
        assert next_invoice(provider, IN_MARCH).totals == {"USD": 80}
        change(client, 12, utc(2026, 3, 29))
        change(client, -12, utc(2026, 3, 29, 1))
        assert next_invoice(provider, utc(2026, 3, 30)).totals == {"USD": 130}

    def test_is_of_the_running_month_right_after_the_turn_although_nobody_has_rolled(self):
        provider = msp()
        peaks(provider, 8)
        sign(provider, valid_from=MARCH)
        coming = next_invoice(provider, ON_TIME)
        assert (coming.month.month, coming.totals, coming.is_late) == (APRIL, {"USD": 10}, True)
        run(ON_TIME)
        assert not next_invoice(provider, ON_TIME).is_late

    def test_begins_where_the_month_begins_although_the_zone_has_changed(self):
        """March ends in Auckland's night, when it is the 31st in Honolulu still."""
        provider = msp(zone="Pacific/Auckland")
        peaks(provider, 8)
        sign(provider, valid_from=MARCH)
        with clock(utc(2026, 3, 20)):
            Provider.objects.filter(pk=provider.pk).update(time_zone="Pacific/Honolulu")
        provider.refresh_from_db()
        assert next_invoice(provider, utc(2026, 3, 31, 11, 1)).issued_on == first(5)

    def test_is_nothing_without_a_contract(self):
        assert next_invoice(msp(), IN_MARCH).expected == []


class TestThePage:
    @pytest.fixture
    def owner(self, client, northwind):
        """Northwind, with a commitment of 14 licences and a user in each of five clients; the run has been."""
        run_billing(at=timezone.now())
        return sign_in(client, northwind.owner)

    def test_shows_sum_day_and_lines(self, owner, northwind):
        words = words_of(owner.get(reverse("next-invoice")))
        coming = next_invoice(northwind.provider, timezone.now())
        assert (
            f"So far 140.00 USD Will be issued on {date_format(coming.issued_on)} UTC Due date {date_format(coming.due_on)}"
            in words
        )
        assert f"Commitment for {month_name(coming.issued_on)}, in advance" in words
        assert "Marks only rise" in words
        assert "being made" not in words

    def test_is_told_on_the_payment_history(self, owner):
        assert "Next invoice so far: 140.00 USD to be issued on" in words_of(owner.get(reverse("payments")))

    def test_has_a_file_whose_amounts_add_up_to_the_sum(self, owner):
        rows = rows_of_csv(owner.get(reverse("next-invoice-csv")))
        assert sum(Decimal(row["Amount"]) for row in rows) == 140
        assert [row["Organization"] for row in rows] == ["Acme 8", "Acme Dental", "Birch 5", "Birch Legal", "Coral 4"]

    def test_says_that_the_last_ones_are_being_made(self, client, northwind):
        assert "are being made." in words_of(sign_in(client, northwind.owner).get(reverse("next-invoice")))

    def test_says_why_it_is_empty(self, client, billed):
        words = words_of(sign_in(client, billed.bluefin.owner).get(reverse("next-invoice")))
        assert "Nothing to charge so far" in words

    def test_cuts_a_long_invoice_and_says_so(self, owner, monkeypatch):
        monkeypatch.setattr("billing.views.next_invoice.LINES_SHOWN", 2)
        assert "The first 2 of 5 lines. The CSV has them all." in words_of(owner.get(reverse("next-invoice")))
