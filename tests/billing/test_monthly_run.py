"""The monthly run: what is due on the 1st is issued once, however often, late or doubled it runs."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Provider
from billing.actions import monthly_run
from billing.actions.invoices import NothingToCharge, issue_credit_note
from billing.actions.replacement import AlreadyReplaced, NotTakenBack, issue_anew
from billing.models import BilledMonth, Invoice
from msp_portal.lib.models import OutboxMessage
from tests import cast
from tests.billing.books import live_at, sign
from tests.billing.runs import ON_TIME, first, issued, msp, peaks, run
from tests.usage.history import clock, utc

pytestmark = pytest.mark.django_db

MARCH, APRIL, MAY, JUNE = (first(month) for month in (3, 4, 5, 6))


@pytest.fixture
def provider(db):
    """Cobalt Services, which came in January and peaked with 17 users in March."""
    made = msp()
    peaks(made, 8, 5, 4)
    return made


def mails():
    return [(message.payload["to"], message.payload["subject"]) for message in OutboxMessage.objects.order_by("pk")]


class TestOnTheFirst:
    def test_a_provider_without_a_commitment_pays_its_marks(self, provider):
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        assert issued() == [("monthly", MARCH, 170, APRIL)]
        assert Invoice.objects.get().due_on == date(2026, 5, 1)

    def test_cobalt_pays_its_commitment_in_advance_and_its_overage_of_3_on_an_invoice_of_its_own(self, provider):
        sign(provider, committed=14, valid_from=MARCH)
        run(ON_TIME)
        assert issued() == [
            ("monthly", MARCH, 140, APRIL),
            ("monthly", APRIL, 140, APRIL),
            ("overage", MARCH, Decimal("37.50"), APRIL),
        ]
        overage = Invoice.objects.get(kind="overage")
        assert sum(line.overage_part for line in overage.lines.all()) == 3

    def test_nothing_is_issued_before_midnight_in_the_providers_zone(self, provider):
        sign(provider, valid_from=MARCH)
        run(utc(2026, 3, 31, 23, 59, 59))
        assert issued() == []
        run(utc(2026, 4, 1))
        assert issued() == [("monthly", MARCH, 170, APRIL)]

    def test_a_provider_without_a_contract_gets_none(self, provider):
        assert run(ON_TIME) == []
        assert issued() == []

    def test_nobody_there_and_nothing_committed_is_no_invoice(self, db):
        sign(msp(), valid_from=MARCH)
        run(ON_TIME)
        assert issued() == []
        assert [billed.invoices for billed in BilledMonth.objects.order_by("month")] == [0, 0]

    def test_each_provider_has_a_first_of_its_own(self, db):
        auckland, honolulu = (msp(zone, zone) for zone in ("Pacific/Auckland", "Pacific/Honolulu"))
        for provider in (auckland, honolulu):
            peaks(provider, 3)
            sign(provider, valid_from=MARCH)
        run(utc(2026, 3, 31, 10, 59))
        assert issued() == []
        run(utc(2026, 3, 31, 11, 4))
        assert (issued(auckland), issued(honolulu)) == ([("monthly", MARCH, 30, APRIL)], [])
        run(utc(2026, 4, 1, 10, 4))
        assert (issued(auckland), issued(honolulu)) == ([("monthly", MARCH, 30, APRIL)],) * 2

    def test_a_month_begins_where_the_former_ended_although_the_zone_has_changed(self, db):
        provider = msp(zone="Pacific/Auckland")
        peaks(provider, 3)
        sign(provider, committed=2, valid_from=APRIL)
        with clock(utc(2026, 3, 20)):
            Provider.objects.filter(pk=provider.pk).update(time_zone="Pacific/Honolulu")
        for at in (utc(2026, 3, 31, 11, 4), utc(2026, 4, 1, 10, 4)):
            run(at)
        assert issued() == [("monthly", APRIL, 20, APRIL)]
        assert Invoice.objects.get().time_zone == "Pacific/Honolulu"


class TestRunAgain:
    def test_issues_the_same_invoices_once(self, provider):
        sign(provider, committed=14, valid_from=MARCH)
        run(ON_TIME)
        before = issued()
        for at in (ON_TIME, utc(2026, 4, 1, 1, 20), utc(2026, 4, 30, 23)):
            run(at)
        assert issued() == before
        assert len(before) == 3

    def test_catches_up_two_months_the_oldest_first_dated_on_its_own_day(self, provider):
        sign(provider, committed=14, valid_from=APRIL)
        run(utc(2026, 6, 3, 9))
        day = date(2026, 6, 3)
        assert issued() == [("monthly", month, 140, day) for month in (APRIL, MAY, JUNE)]
        assert [billed.month for billed in BilledMonth.objects.order_by("billed_at", "month")] == [APRIL, MAY, JUNE]

    def test_finds_the_marks_of_each_month_it_is_late_for(self, provider):
        sign(provider, valid_from=MARCH)
        run(utc(2026, 6, 3, 9))
        assert [(month, total) for _kind, month, total, _day in issued()] == [(MARCH, 170), (APRIL, 30), (MAY, 30)]

    def test_does_not_issue_anew_what_was_taken_back(self, provider):
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        with clock(ON_TIME):
            issue_credit_note(invoice=Invoice.objects.get(), reason="Wrong", by=None, at=ON_TIME)
        run(utc(2026, 4, 2))
        assert Invoice.objects.filter(kind="monthly").count() == 1

    def test_charges_no_month_before_the_provider_came(self, db):
        provider = msp(came_at=utc(2026, 3, 20))
        sign(provider, committed=14, valid_from=date(2024, 1, 1))
        run(ON_TIME)
        assert [month for _kind, month, _total, _day in issued()] == [MARCH, APRIL]

    def test_goes_on_after_one_that_fails(self, provider, monkeypatch):
        other = msp("Dover IT")
        peaks(other, 2)
        for each in (provider, other):
            sign(each, valid_from=MARCH)
        issue = monthly_run.issue

        def fail_for_one(draft, **options):
            if draft.contract.provider == provider:
                raise RuntimeError("the disk is full")
            return issue(draft, **options)

        monkeypatch.setattr(monthly_run, "issue", fail_for_one)
        with pytest.raises(ExceptionGroup, match="could not be billed"):
            run(ON_TIME)
        assert (issued(provider), len(issued(other))) == ([], 1)
        monkeypatch.undo()
        run(ON_TIME)
        assert (len(issued(provider)), len(issued(other))) == (1, 1)


class TestAContractThat:
    def test_ended_is_billed_for_its_last_month_and_no_further(self, provider):
        sign(provider, committed=14, valid_from=MARCH, ends_on=date(2026, 3, 31))
        for at in (ON_TIME, utc(2026, 5, 1), utc(2026, 6, 1)):
            run(at)
        assert issued() == [("monthly", MARCH, 140, APRIL), ("overage", MARCH, Decimal("37.50"), APRIL)]

    def test_ends_within_a_month_has_paid_for_that_month(self, provider):
        sign(provider, committed=14, valid_from=MARCH, ends_on=date(2026, 4, 10))
        for at in (ON_TIME, utc(2026, 5, 1), utc(2026, 6, 1)):
            run(at)
        assert [row[:2] for row in issued()] == [("monthly", MARCH), ("monthly", APRIL), ("overage", MARCH)]

    def test_is_renewed_is_billed_by_each_version_for_its_own_months(self, provider):
        sign(provider, committed=14, valid_from=MARCH, ends_on=date(2026, 3, 31))
        sign(provider, committed=16, valid_from=APRIL, unit_price=Decimal(9), overage_price=Decimal(11))
        run(ON_TIME)
        assert issued()[1:] == [("monthly", APRIL, 144, APRIL), ("overage", MARCH, Decimal("37.50"), APRIL)]

    def test_is_renewed_late_is_billed_when_the_renewal_comes(self, provider):
        sign(provider, committed=14, valid_from=MARCH, ends_on=date(2026, 3, 31))
        run(ON_TIME)
        sign(provider, committed=16, valid_from=APRIL)
        run(utc(2026, 4, 10, 9))
        assert issued()[2:] == [("monthly", APRIL, 160, date(2026, 4, 10))]

    def test_changes_within_a_month_counts_from_the_next(self, provider):
        sign(provider, committed=14, valid_from=MARCH)
        sign(provider, committed=17, valid_from=date(2026, 3, 15))
        run(ON_TIME)
        assert issued() == [
            ("monthly", MARCH, 140, APRIL),
            ("monthly", APRIL, 170, APRIL),
            ("overage", MARCH, Decimal("37.50"), APRIL),
        ]

    def test_begins_within_a_month_bills_that_month_by_its_marks_and_the_commitment_from_the_next(self, provider):
        sign(provider, committed=14, valid_from=date(2026, 3, 15))
        run(ON_TIME)
        assert issued() == [("monthly", APRIL, 140, APRIL), ("monthly", MARCH, 170, APRIL)]
        run(utc(2026, 5, 1))
        assert issued()[2:] == [("monthly", MAY, 140, MAY)]

    def test_takes_up_a_commitment_pays_the_last_marks_and_the_first_advance(self, provider):
        sign(provider, valid_from=MARCH)
        sign(provider, committed=20, valid_from=APRIL)
        run(ON_TIME)
        assert issued() == [("monthly", APRIL, 200, APRIL), ("monthly", MARCH, 170, APRIL)]

    def test_gives_its_commitment_up_pays_the_last_overage_then_its_marks(self, provider):
        sign(provider, committed=14, valid_from=MARCH)
        sign(provider, valid_from=APRIL)
        run(ON_TIME)
        run(utc(2026, 5, 1))
        assert issued()[1:] == [("overage", MARCH, Decimal("37.50"), APRIL), ("monthly", APRIL, 30, MAY)]


class TestTheMail:
    def test_goes_to_those_who_get_invoices_with_number_amount_and_due_date(self, provider):
        live_at(provider, recipients=["ap@cobalt.example", "cfo@cobalt.example"])
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        invoice = Invoice.objects.get()
        assert mails() == [
            (["ap@cobalt.example", "cfo@cobalt.example"], f"Invoice {invoice.number}: 170.00 USD, due on 1 May 2026")
        ]
        assert invoice.pk in OutboxMessage.objects.get().payload["text"]

    def test_goes_to_the_contact_where_nobody_is_named(self, provider):
        live_at(provider, recipients=[])
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        assert [to for to, _subject in mails()] == [["grace@northwind.example"]]

    def test_goes_to_administrators_who_look_after_billing_where_there_is_no_contact(self, provider):
        owner = cast.administrator(provider, cast.Role.ADMINISTRATOR_WITH_BILLING)
        cast.administrator(provider, cast.Role.ADMINISTRATOR)
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        assert [to for to, _subject in mails()] == [[owner.email]]

    def test_is_written_once_an_invoice(self, provider):
        live_at(provider)
        sign(provider, committed=14, valid_from=MARCH)
        for _ in range(3):
            run(ON_TIME)
        assert len(mails()) == 3 == Invoice.objects.count()

    def test_is_not_written_where_the_issuing_fails(self, provider, monkeypatch):
        live_at(provider)
        sign(provider, valid_from=MARCH)
        monkeypatch.setattr(BilledMonth.objects, "create", lambda **_: 1 / 0)
        with pytest.raises(ExceptionGroup):
            run(ON_TIME)
        assert (mails(), issued()) == ([], [])


class TestIssuingAnew:
    @pytest.fixture
    def invoice(self, provider):
        """March at 10.00, which should have been 9.00."""
        sign(provider, valid_from=MARCH)
        run(ON_TIME)
        return Invoice.objects.get()

    def test_charges_by_the_version_that_counts_now(self, provider, invoice):
        sign(provider, valid_from=MARCH, unit_price=Decimal(9))
        issue_credit_note(invoice=invoice, reason="Wrong price", by=None, at=ON_TIME)
        again = issue_anew(invoice=invoice, by=None, at=ON_TIME)
        assert (again.total_amount, again.revision, again.month) == (153, 2, MARCH)

    def test_is_refused_while_the_invoice_stands(self, invoice):
        with pytest.raises(NotTakenBack):
            issue_anew(invoice=invoice, by=None, at=ON_TIME)

    def test_is_done_once(self, invoice):
        issue_credit_note(invoice=invoice, reason="Wrong", by=None, at=ON_TIME)
        issue_anew(invoice=invoice, by=None, at=ON_TIME)
        with pytest.raises(AlreadyReplaced):
            issue_anew(invoice=invoice, by=None, at=ON_TIME)

    def test_is_refused_where_nothing_is_due_any_more(self, provider):
        sign(provider, committed=14, valid_from=MARCH)
        run(ON_TIME)
        overage = Invoice.objects.get(kind="overage")
        issue_credit_note(invoice=overage, reason="Wrong", by=None, at=ON_TIME)
        sign(provider, committed=20, valid_from=MARCH)
        with pytest.raises(NothingToCharge):
            issue_anew(invoice=overage, by=None, at=ON_TIME)


class TestTheCommand:
    @pytest.fixture
    def told(self, time_machine):
        """The command at a moment of April, by the gate's clock too; the lines it prints."""

        def run_command(*arguments, at=ON_TIME):
            time_machine.move_to(at, tick=False)
            printed = StringIO()
            with clock(at):
                call_command("bill_months", *arguments, stdout=printed)
            return printed.getvalue().splitlines()

        return run_command

    def test_says_what_it_made_and_then_that_nothing_is_due(self, provider, told):
        sign(provider, committed=14, valid_from=APRIL)
        assert told() == ["2026-04  Cobalt Services: INV-2026-00001 monthly 140.00 USD"]
        assert told() == ["Nothing is due."]

    def test_issues_nothing_in_a_dry_run(self, provider, told):
        sign(provider, committed=14, valid_from=APRIL)
        assert told("--dry-run") == ["2026-04  Cobalt Services: would issue monthly 2026-04, 140.00 USD net of tax, lines: 3"]
        assert issued() == []

    def test_stops_at_the_month_it_is_given(self, provider, told):
        sign(provider, committed=14, valid_from=APRIL)
        told("--month", "2026-05", at=utc(2026, 7, 1, 9))
        assert [row[1] for row in issued()] == [APRIL, MAY]

    def test_bills_one_provider_if_asked(self, provider, told):
        other = msp("Dover IT")
        for each in (provider, other):
            sign(each, committed=2, valid_from=APRIL)
        told("--provider", other.pk)
        assert (issued(provider), len(issued(other))) == ([], 1)

    def test_refuses_what_is_no_month(self, told):
        with pytest.raises(CommandError, match="no month such as 2026-03"):
            told("--month", "April")
