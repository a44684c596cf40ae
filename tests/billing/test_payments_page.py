"""Payment History: what it lists and adds up, what it says comes next, and that page and CSV agree."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.roles import Role
from billing.actions.invoices import issue_credit_note
from tests.billing.books import FIRST_OF_APRIL, issue_monthly_invoice, pay, rows_of_csv, sign, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


def listed(response):
    return [invoice.number for invoice in response.context["page"].rows]


class TestTheList:
    def test_shows_what_was_billed_paid_and_is_owed(self, owner, northwind):
        pay(northwind.overage, "30.00")
        words = words_of(owner.get(reverse("payments")))
        assert "INV-2026-00001 Overage March 2026 1 May 2026 Past Due 37.50 USD 30.00 USD 7.50 USD" in words

    def test_adds_up_at_the_foot(self, owner, northwind):
        issue_monthly_invoice(contract=northwind.contract, month=date(2026, 4, 1), by=None, at=FIRST_OF_APRIL)
        pay(northwind.overage, "37.50")
        (totals,) = owner.get(reverse("payments")).context["totals"]
        assert (totals.billed, totals.paid, totals.owed) == (Decimal("177.50"), Decimal("37.50"), Decimal("140.00"))

    def test_filters_by_status_and_year_and_adds_up_what_it_shows(self, owner, northwind):
        issue_monthly_invoice(contract=northwind.contract, month=date(2026, 4, 1), by=None, at=FIRST_OF_APRIL)
        pay(northwind.overage, "37.50")
        paid = owner.get(reverse("payments"), {"status": "paid_in_full", "year": "2026"})
        assert listed(paid) == ["INV-2026-00001"]
        assert [total.billed for total in paid.context["totals"]] == [Decimal("37.50")]
        assert listed(owner.get(reverse("payments"), {"status": "past_due"})) == ["INV-2026-00002"]

    def test_ignores_filters_that_are_none(self, owner):
        response = owner.get(reverse("payments"), {"status": "stolen", "year": "1999", "sort": "password", "page": "-1"})
        assert (response.status_code, listed(response)) == (200, ["INV-2026-00001"])

    @pytest.mark.parametrize("column", ["number", "month", "due", "status", "billed", "paid", "owed"])
    def test_sorts_by_every_column_both_ways(self, owner, northwind, column):
        issue_monthly_invoice(contract=northwind.contract, month=date(2026, 4, 1), by=None, at=FIRST_OF_APRIL)
        pay(northwind.overage, "1.00")
        ways = [listed(owner.get(reverse("payments"), {"sort": way})) for way in (column, f"-{column}")]
        assert ways[0] == ways[1][::-1]

    def test_shows_a_credit_note_beside_what_it_corrects(self, owner, northwind):
        issue_credit_note(invoice=northwind.overage, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        response = owner.get(reverse("payments"))
        assert "CN-2026-00001 corrects INV-2026-00001" in words_of(response)
        assert listed(owner.get(reverse("payments"), {"status": "void"})) == ["INV-2026-00001"]
        assert [total.owed for total in response.context["totals"]] == [0]

    def test_is_the_msps_own(self, client, billed):
        assert listed(sign_in(client, billed.bluefin.owner).get(reverse("payments"))) == []

    def test_takes_as_many_statements_for_one_invoice_as_for_many(self, owner, northwind, django_assert_max_num_queries):
        for month in range(4, 13):
            issue_monthly_invoice(contract=northwind.contract, month=date(2026, month, 1), by=None, at=FIRST_OF_APRIL)
        with django_assert_max_num_queries(26):
            assert len(listed(owner.get(reverse("payments")))) == 10


class TestWhatComesNext:
    def test_is_the_oldest_debt_when_something_is_past_due(self, owner):
        words = words_of(owner.get(reverse("payments")))
        assert "Invoice INV-2026-00001 is past due: 37.50 USD should have arrived by 1 May 2026" in words

    def test_is_the_next_due_date_otherwise(self, owner, northwind, time_machine):
        time_machine.move_to("2026-04-10T12:00:00Z")
        words = words_of(owner.get(reverse("payments")))
        assert "Next: 37.50 USD of invoice INV-2026-00001 should arrive by 1 May 2026" in words

    def test_is_the_next_invoice_when_all_is_paid(self, owner, northwind, time_machine):
        pay(northwind.overage, "37.50")
        time_machine.move_to("2026-04-10T12:00:00Z")
        assert "Nothing is open. The next invoice is made on 1 May 2026." in words_of(owner.get(reverse("payments")))

    def test_tells_the_day_in_the_providers_zone(self, owner, northwind, time_machine):
        northwind.provider.time_zone = "America/Denver"
        northwind.provider.save(update_fields=["time_zone"])
        time_machine.move_to("2026-05-02T05:00:00Z")  # still 1 May in Denver
        assert "Next: 37.50 USD" in words_of(owner.get(reverse("payments")))

    def test_is_nothing_without_contract_and_invoices(self, client, billed):
        words = words_of(sign_in(client, billed.bluefin.owner).get(reverse("payments")))
        assert "Nothing is open, and no contract is in force that would be billed." in words
        assert "No invoices yet" in words


class TestTheCsv:
    def test_holds_exactly_what_the_page_shows(self, owner, northwind):
        issue_credit_note(invoice=northwind.overage, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        rows = rows_of_csv(owner.get(reverse("payments-csv")))
        assert [(row["Number"], row["Corrects"], row["Status"], row["Billed"], row["Credited"], row["Owed"]) for row in rows] == [
            ("INV-2026-00001", "", "Void", "37.50", "37.50", "0.00"),
            ("CN-2026-00001", "INV-2026-00001", "", "-37.50", "0.00", "0.00"),
        ]

    def test_keeps_the_filter(self, owner, northwind):
        sign(northwind.provider, committed=20, valid_from=date(2026, 4, 1))
        assert rows_of_csv(owner.get(reverse("payments-csv"), {"status": "paid_in_full"})) == []


class TestTheDoor:
    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR_WITH_BILLING, Role.BILLING_ONLY])
    def test_is_open_for_billing_roles(self, client, northwind, role):
        assert sign_in(client, northwind.by_role[role]).get(reverse("payments")).status_code == 200

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.HELP_DESK, Role.READ_ONLY])
    def test_says_to_others_who_may(self, client, northwind, role):
        refused = sign_in(client, northwind.by_role[role]).get(reverse("payments"))
        assert refused.status_code == 403
        assert "Administrator With Billing" in words_of(refused)
        assert "INV-" not in refused.content.decode()
        assert AuditEvent.objects.filter(action="refused.see_invoices", outcome="refused").count() == 1
