"""Invoices: what they charge, what became of them, and that they never change."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import AuditEvent, Provider
from billing.actions.invoices import (
    AlreadyCredited,
    NotCreditable,
    NothingToCharge,
    WrittenOff,
    issue_credit_note,
    issue_monthly_invoice,
    issue_overage_invoice,
)
from billing.actions.payments import NoAmount, TooMuch, write_off
from billing.models import Invoice, InvoiceLine, InvoiceStatus, Payment
from msp_portal.lib import tenancy
from tests.billing.books import APRIL, FIRST_OF_APRIL, MARCH, bill_march, days_after, live_at, pay, peaks_in_march, sign
from tests.usage.history import new_organization, utc

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(db):
    return Provider.objects.create(name="Northwind MSP")


@pytest.fixture
def invoice(provider):
    """March for 8 + 5 + 4 users at 10.00."""
    peaks_in_march(provider, 8, 5, 4)
    return bill_march(sign(provider))


def as_of(invoice, day):
    return Invoice.objects.as_of(day).get(pk=invoice.pk)


class TestAMonthlyInvoice:
    def test_charges_every_mark_where_nothing_was_committed(self, invoice):
        lines = [(line.organization_name, line.high_water_mark, line.amount) for line in invoice.lines.order_by("place")]
        assert lines == [("Acme 8", 8, 80), ("Birch 5", 5, 50), ("Coral 4", 4, 40)]
        assert (invoice.total_amount, invoice.month, invoice.due_on) == (170, MARCH, date(2026, 5, 1))

    def test_charges_the_commitment_in_advance_spread_by_the_marks_before(self, provider):
        peaks_in_march(provider, 8, 5, 4)
        invoice = issue_monthly_invoice(contract=sign(provider, committed=14), month=APRIL, by=None, at=FIRST_OF_APRIL)
        assert [line.committed_part for line in invoice.lines.order_by("place")] == [7, 4, 3]
        assert (invoice.total_amount, invoice.is_in_advance) == (140, True)

    def test_leaves_out_clients_that_had_nobody(self, provider):
        new_organization(provider, "Empty", at=utc(2026, 3, 1))
        peaks_in_march(provider, 2)
        assert [line.organization_name for line in bill_march(sign(provider)).lines.all()] == ["Acme 2"]

    def test_is_refused_where_there_was_nobody_at_all(self, provider):
        with pytest.raises(NothingToCharge):
            bill_march(sign(provider))

    def test_is_issued_once_a_month(self, invoice):
        with pytest.raises(IntegrityError), transaction.atomic():
            bill_march(invoice.provider.contracts.get())

    def test_copies_where_it_goes(self, provider):
        information = live_at(provider, po_number="PO-1")
        peaks_in_march(provider, 2)
        invoice = bill_march(sign(provider))
        information.company = "Another"
        information.save(update_fields=["company"])
        invoice.refresh_from_db()
        assert invoice.billed_to["company"] == "Northwind MSP, LLC"
        assert invoice.billed_to["po_number"] == "PO-1"

    def test_is_noted(self, invoice):
        assert AuditEvent.objects.get(action="billing.invoice.issued").target_name == invoice.number


class TestAnOverageInvoice:
    def test_charges_three_of_seventeen_over_fourteen(self, provider):
        peaks_in_march(provider, 8, 5, 4)
        invoice = issue_overage_invoice(contract=sign(provider, committed=14), month=MARCH, by=None, at=FIRST_OF_APRIL)
        assert sum(line.overage_part for line in invoice.lines.all()) == 3
        assert invoice.total_amount == Decimal("37.50")

    def test_is_none_within_the_commitment(self, provider):
        peaks_in_march(provider, 8, 5, 1)
        with pytest.raises(NothingToCharge):
            issue_overage_invoice(contract=sign(provider, committed=14), month=MARCH, by=None, at=FIRST_OF_APRIL)


class TestTheStatus:
    def test_is_open_until_the_due_date_is_over(self, invoice):
        assert as_of(invoice, invoice.due_on).status == InvoiceStatus.OPEN
        assert as_of(invoice, days_after(invoice.due_on, 1)).status == InvoiceStatus.PAST_DUE

    def test_is_partially_paid_then_paid_in_full(self, invoice):
        pay(invoice, "100.00")
        found = as_of(invoice, invoice.due_on)
        assert (found.status, found.paid_amount, found.owed_amount) == (InvoiceStatus.PARTIALLY_PAID, 100, 70)
        pay(invoice, "70.00")
        assert as_of(invoice, date(2030, 1, 1)).status == InvoiceStatus.PAID_IN_FULL

    def test_is_past_due_although_a_part_was_paid(self, invoice):
        pay(invoice, "100.00")
        assert as_of(invoice, date(2030, 1, 1)).status == InvoiceStatus.PAST_DUE

    def test_is_void_once_a_credit_note_took_it_back(self, invoice):
        note = issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        found, its_note = as_of(invoice, date(2030, 1, 1)), as_of(note, date(2030, 1, 1))
        assert (found.status, found.credited_amount, found.owed_amount) == (InvoiceStatus.VOID, 170, 0)
        assert (its_note.status, its_note.total_amount, its_note.owed_amount) == ("", -170, 0)

    def test_counts_a_refund_as_not_paid(self, invoice):
        pay(invoice, "170.00")
        Payment.objects.create(
            provider=invoice.provider, invoice=invoice, kind="refund", amount=Decimal(-70), received_at=FIRST_OF_APRIL
        )
        assert as_of(invoice, invoice.due_on).owed_amount == 70

    def test_filters_and_adds_up_in_the_database(self, invoice):
        pay(invoice, "100.00")
        unpaid = Invoice.objects.as_of(invoice.due_on).unpaid()
        assert [row.owed_amount for row in unpaid.filter(status=InvoiceStatus.PARTIALLY_PAID)] == [70]


class TestAPayment:
    def test_of_more_than_is_owed_is_refused(self, invoice):
        pay(invoice, "100.00")
        with pytest.raises(TooMuch), transaction.atomic():
            pay(invoice, "70.01")
        assert Payment.objects.count() == 1

    @pytest.mark.parametrize("amount", ["0.00", "0.004", "-1"])
    def test_of_nothing_is_refused(self, invoice, amount):
        with pytest.raises(NoAmount), transaction.atomic():
            pay(invoice, amount)
        assert not Payment.objects.exists()


class TestACreditNote:
    def test_reverses_every_line_and_points_at_the_invoice(self, invoice):
        note = issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        assert [line.amount for line in note.lines.order_by("place")] == [-80, -50, -40]
        assert (note.corrects, note.number) == (invoice, "CN-2026-00001")

    def test_is_made_once(self, invoice):
        issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        with pytest.raises(AlreadyCredited):
            issue_credit_note(invoice=invoice, reason="Again", by=None, at=FIRST_OF_APRIL)

    def test_is_not_made_of_what_was_given_up(self, invoice):
        write_off(invoice=invoice, amount=Decimal(20), reference="Dispute", by=None, at=FIRST_OF_APRIL)
        with pytest.raises(WrittenOff):
            issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)

    def test_is_not_taken_back_itself(self, invoice):
        note = issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        with pytest.raises(NotCreditable):
            issue_credit_note(invoice=note, reason="Again", by=None, at=FIRST_OF_APRIL)
        with pytest.raises(TooMuch):
            pay(note, "1.00")

    def test_makes_room_for_the_month_to_be_billed_anew(self, invoice):
        issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        again = bill_march(invoice.provider.contracts.get(), revision=2)
        assert (again.total_amount, again.number) == (170, "INV-2026-00002")


class TestAnIssuedInvoice:
    @pytest.mark.parametrize("table", ["billing_contract", "billing_invoice", "billing_invoiceline", "billing_payment"])
    def test_is_frozen_even_for_its_owner(self, committed, table):
        """By the trigger; that the runtime logins lack the privilege is shown below."""
        provider = Provider.objects.create(name="Northwind MSP")
        with transaction.atomic():
            peaks_in_march(provider, 3)
            pay(bill_march(sign(provider)), "10.00")
        with committed.connect("owner", autocommit=True) as owner:
            for statement in (f"update {table} set provider_id = provider_id", f"delete from {table}"):
                with pytest.raises(Exception, match="frozen"):
                    owner.execute(statement)

    @pytest.mark.parametrize("table", ["billing_invoice", "billing_invoiceline", "billing_payment", "billing_contract"])
    def test_is_not_the_runtimes_to_change(self, invoice, table):
        with connection.cursor() as cursor:
            cursor.execute(
                """select role, kind from unnest(array['portal_tenant', 'portal_system', 'portal_web']) role,
                   unnest(array['update', 'delete', 'truncate']) kind where has_table_privilege(role, %s, kind)""",
                [table],
            )
            assert cursor.fetchall() == []

    def test_takes_no_line_in_a_later_transaction(self, committed):
        provider = Provider.objects.create(name="Northwind MSP")
        with transaction.atomic():
            peaks_in_march(provider, 3)
            invoice = bill_march(sign(provider))
        late = {"invoice": invoice, "provider": provider, "place": 9, "organization_name": "Late", "unit_price": 0, "amount": 0}
        with pytest.raises(DatabaseError, match="issued before"):
            InvoiceLine.objects.create(**late, high_water_mark=0, committed_part=0, overage_part=0)
        assert invoice.lines.count() == 1

    def test_must_add_up_at_the_commit(self, invoice):
        wrong = {"number": "INV-X", "kind": "overage", "issued_on": MARCH, "due_on": MARCH, "currency": "USD", "time_zone": "UTC"}
        Invoice.objects.create(provider=invoice.provider, month=MARCH, marks_month=MARCH, total_amount=Decimal(5), **wrong)
        with connection.cursor() as cursor, pytest.raises(DatabaseError, match="add up"):
            cursor.execute("set constraints all immediate")

    def test_names_only_its_own_providers_clients(self, invoice):
        stranger = new_organization(Provider.objects.create(name="Bluefin IT"), "Stranger")
        line = {
            "invoice": invoice,
            "provider": invoice.provider,
            "place": 9,
            "organization_name": "x",
            "unit_price": 0,
            "amount": 0,
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            InvoiceLine.objects.create(organization=stranger, high_water_mark=0, committed_part=0, overage_part=0, **line)

    def test_is_seen_by_its_own_msp_only(self, invoice):
        stranger = Provider.objects.create(name="Bluefin IT")
        seen = {}
        for provider in (invoice.provider, stranger):
            with tenancy.scope(provider.pk):
                seen[provider.name] = (Invoice.objects.count(), InvoiceLine.objects.count())
        assert seen == {"Northwind MSP": (1, 3), "Bluefin IT": (0, 0)}

    def test_is_not_for_a_clients_own_administrator(self, invoice):
        with tenancy.scope(invoice.provider_id, tenancy.Reach("organization", "0" * 24)):
            assert Invoice.objects.count() == 0


class TestNumbers:
    def test_have_no_gap_although_some_issuings_fail(self, committed):
        providers = [Provider.objects.create(name=f"MSP {number}") for number in range(4)]
        with transaction.atomic():
            for provider in providers:
                peaks_in_march(provider, 2)
            contracts = [sign(provider) for provider in providers]

        def issue(contract, fails):
            with transaction.atomic():
                bill_march(contract)
                if fails:
                    raise RuntimeError("the power went out")

        committed.together([lambda c=contract, f=fails: issue(c, f) for contract in contracts for fails in (True, False)])
        numbers = sorted(Invoice.objects.values_list("number", flat=True))
        assert numbers == [f"INV-2026-{number:05d}" for number in range(1, 5)]

    def test_begin_anew_with_the_year(self, provider):
        peaks_in_march(provider, 2)
        contract = sign(provider)
        bill_march(contract)
        next_year = issue_monthly_invoice(contract=contract, month=MARCH, by=None, at=utc(2027, 1, 1, 3), revision=2)
        assert next_year.number == "INV-2027-00001"
