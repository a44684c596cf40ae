"""The ledger: every event balances, and what is owed follows from it alone."""

import hashlib
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import Provider
from billing.actions.invoices import issue_credit_note
from billing.actions.payments import MoreThanPaid, record_refund, write_off
from billing.models import Charge, Invoice, InvoiceDocument, InvoiceTax, Payment, PaymentMethod, Posting, Refund
from billing.verification import CHECKS, first_fault
from tests.billing.books import FIRST_OF_APRIL, bill_march, overage_of_march, pay, peaks_in_march, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return Provider.objects.create(name="Northwind MSP")


@pytest.fixture
def invoice(provider):
    """170.00 USD."""
    peaks_in_march(provider, 8, 5, 4)
    return bill_march(sign(provider))


def postings(**of):
    return sorted(Posting.objects.filter(**of).values_list("event", "account", "amount"))


def check_now():
    """What the commit would check."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def became(invoice):
    found = Invoice.objects.as_of(invoice.due_on).get(pk=invoice.pk)
    assert found.total_amount == found.paid_amount + found.owed_amount + found.credited_amount
    return found.status, found.paid_amount, found.credited_amount, found.owed_amount


def back(payment, amount, kind="refund"):
    return record_refund(payment=payment, amount=Decimal(amount), reference="R", kind=kind, by=None, at=FIRST_OF_APRIL)


def charged(invoice, amount="170.00"):
    """A charge on the way."""
    method = PaymentMethod.objects.create(provider=invoice.provider, kind="card", brand="Visa", last4="4242", place=1)
    return Charge.objects.create(
        provider=invoice.provider,
        invoice=invoice,
        method=method,
        attempt=1,
        reason="pay_now",
        amount=Decimal(amount),
        currency="USD",
        intended_at=FIRST_OF_APRIL,
    )


class TestAnEvent:
    def test_of_an_invoice_claims_what_its_lines_earn(self, invoice):
        assert postings(issued=invoice) == [("invoice", "receivable", 170), ("invoice", "revenue", -170)]
        check_now()

    def test_of_taxes_goes_to_an_account_of_its_own(self, provider):
        wrong = {"number": "INV-X", "kind": "overage", "currency": "USD", "time_zone": "UTC"}
        days = dict.fromkeys(("month", "marks_month", "issued_on", "due_on"), FIRST_OF_APRIL.date())
        taxed = Invoice.objects.create(provider=provider, total_amount=19, **wrong, **days)
        InvoiceTax.objects.create(
            provider=provider, invoice=taxed, place=1, name="VAT", percent=19, base_amount=100, amount=Decimal("19.00")
        )
        assert postings(issued=taxed) == [("invoice", "receivable", 19), ("invoice", "tax", -19)]
        check_now()

    def test_of_a_credit_note_settles_the_invoice_that_it_corrects(self, invoice):
        note = issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        assert postings(issued=note, invoice=invoice) == [("credit_note", "receivable", -170), ("credit_note", "revenue", 170)]
        check_now()

    def test_of_a_payment_moves_money_to_cash_and_a_refund_takes_it_back(self, invoice):
        payment = pay(invoice, "100.00")
        refund = back(payment, "40.00")
        assert postings(payment=payment) == [("payment", "cash", 100), ("payment", "receivable", -100)]
        assert postings(payment=refund) == [("refund", "cash", -40), ("refund", "receivable", 40)]
        check_now()

    def test_of_a_return_and_a_write_off_are_told_apart(self, invoice):
        returned = back(pay(invoice, "170.00"), "170.00", kind="return")
        given_up = write_off(invoice=invoice, amount=Decimal("20.00"), reference="Dispute", by=None, at=FIRST_OF_APRIL)
        assert postings(payment=returned) == [("return", "cash", -170), ("return", "receivable", 170)]
        assert postings(payment=given_up) == [("write_off", "bad_debt", 20), ("write_off", "receivable", -20)]
        check_now()


class TestWhatIsOwed:
    def test_is_what_the_receivable_account_says(self, invoice):
        payment = pay(invoice, "100.00")
        back(payment, "40.00")
        assert became(invoice) == ("Partially Paid", 60, 0, 110)
        write_off(invoice=invoice, amount=Decimal("110.00"), reference="Dispute", by=None, at=FIRST_OF_APRIL)
        assert became(invoice) == ("Paid In Full", 60, 110, 0)

    def test_is_below_zero_once_a_paid_invoice_is_taken_back(self, invoice):
        pay(invoice, "170.00")
        issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        assert became(invoice) == ("Void", 170, 170, -170)

    def test_comes_back_when_the_bank_returns_a_debit(self, invoice):
        back(pay(invoice, "170.00"), "170.00", kind="return")
        assert became(invoice) == ("Open", 0, 0, 170)


class TestNoMoreGoesBackThanCame:
    def test_by_the_action(self, invoice):
        payment = pay(invoice, "100.00")
        back(payment, "60.00")
        with pytest.raises(MoreThanPaid), transaction.atomic():
            back(payment, "40.01")

    def test_by_the_database(self, invoice):
        payment = pay(invoice, "100.00")
        common = {"provider": invoice.provider, "invoice": invoice, "received_at": FIRST_OF_APRIL, "takes_back": payment}
        with pytest.raises(DatabaseError, match="more goes back"):
            Payment.objects.create(kind="refund", amount=Decimal("-100.01"), **common)


class TestTheLedger:
    def test_is_nobodys_to_write(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                """select role, kind from unnest(array['portal_tenant', 'portal_system', 'portal_web']) role,
                   unnest(array['insert', 'update', 'delete', 'truncate']) kind
                   where has_table_privilege(role, 'billing_posting', kind)"""
            )
            assert cursor.fetchall() == []

    def test_is_frozen_even_for_its_owner(self, committed):
        a_bill_and_a_payment()
        with committed.connect("owner", autocommit=True) as owner:
            for statement in ("update billing_posting set amount = 1", "delete from billing_posting"):
                with pytest.raises(Exception, match="frozen"):
                    owner.execute(statement)


class TestACharge:
    def test_is_of_no_more_than_is_owed(self, invoice):
        with pytest.raises(DatabaseError, match="no more than is owed"):
            charged(invoice, "170.01")

    def test_is_the_only_one_under_way(self, invoice):
        first = charged(invoice)
        again = {"provider": invoice.provider, "method": first.method, "reason": "retry", "currency": "USD"}
        with pytest.raises(DatabaseError, match="one_live_charge_an_invoice"):
            Charge.objects.create(invoice=invoice, attempt=2, amount=1, intended_at=FIRST_OF_APRIL, **again)

    @pytest.mark.parametrize(("states", "refused"), [
        (["unknown", "succeeded", "failed"], True),
        (["unknown", "intended"], True),
        (["unknown", "failed", "processing"], True),
        (["unknown", "failed", "succeeded"], False),
        (["unknown", "processing", "requires_action", "failed"], False),
    ])  # fmt: skip
    def test_goes_on_and_never_back(self, invoice, states, refused):
        charge = charged(invoice)
        *before, last = states
        for state in before:
            Charge.objects.filter(pk=charge.pk).update(state=state)
        change = Charge.objects.filter(pk=charge.pk)
        if refused:
            with pytest.raises(DatabaseError, match="does not become"):
                change.update(state=last)
        else:
            assert change.update(state=last) == 1

    def test_brings_its_whole_amount_to_its_own_invoice(self, invoice):
        charge = charged(invoice)
        payment = {"provider": invoice.provider, "invoice": invoice, "kind": "card", "received_at": FIRST_OF_APRIL}
        with pytest.raises(DatabaseError, match="not what its charge was for"), transaction.atomic():
            Payment.objects.create(charge=charge, amount=Decimal("169.99"), **payment)
        Payment.objects.create(charge=charge, amount=Decimal("170.00"), **payment)
        with pytest.raises(DatabaseError, match="one_payment_a_charge"):
            Payment.objects.create(charge=charge, amount=Decimal("170.00"), **payment)


class TestVerifyBilling:
    def test_finds_nothing_wrong_with_what_actions_made(self, invoice, capsys):
        back(pay(invoice, "100.00"), "40.00")
        issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        call_command("verify_billing")
        assert "2 invoices and 8 postings add up" in capsys.readouterr().out

    def test_names_the_first_wrong_row(self, committed):
        a_bill_and_a_payment()
        assert first_fault() is None
        with committed.connect("admin") as admin:
            admin.execute("set session_replication_role = replica")  # no trigger stands in the saboteur's way
            admin.commit()
            for sabotage, said in SABOTAGES.items():
                admin.execute(sabotage)
                assert said in complaints(admin), sabotage
                admin.rollback()
            admin.execute("update billing_invoiceline set amount = amount + 1 where place = 1")
            admin.commit()
        with pytest.raises(CommandError, match="INV-2026-00001: says 170"):
            call_command("verify_billing")


SABOTAGES = {
    "update billing_invoiceline set amount = amount + 1 where place = 1": "its lines and taxes say 171",
    "update billing_invoiceline set overage_part = 9": "the parts 1 and 9 are not its mark of",
    "update billing_posting set amount = amount + 1 where account = 'revenue'": "its postings add up to 1",
    "update billing_posting set amount = amount * 2 where issued_id is not null": "the ledger has 340",
    "update billing_posting set amount = amount * 2 where payment_id is not null": "the ledger has 200",
    "update billing_posting set currency = 'EUR'": "a posting of it in EUR",
    "update billing_invoiceseries set last_number = 2": "is missing from its series",
    "update billing_invoice set number = 'INV-2026-00007'": "is missing from its series",
    "delete from billing_invoiceseries": "is in no series",
    "update billing_charge set state = 'succeeded'": "its payments are 0",
    "update billing_payment set takes_back_id = id, kind = 'refund', amount = -1": "was taken back with 1",
    "update billing_refund set state = 'succeeded'": "is succeeded, its payments add up to 0",
    "update billing_posting set event = 'write_off', amount = -171 where event = 'payment' and account = 'receivable'": "is credited with 171",
    "update billing_invoicedocument set content = 'x'": "not the one that was drawn",
}


def a_bill_and_a_payment():
    """An overage invoice, half paid and refunded by a cent, the rest of it being charged; its paper stored. Committed."""
    with transaction.atomic():
        provider = Provider.objects.create(name="Northwind MSP")
        peaks_in_march(provider, 8, 5, 4)
        invoice = overage_of_march(sign(provider, committed=1, overage_price=Decimal("10.625")))
        payment = pay(invoice, "100.00")
        charged(invoice, "70.00")
        Refund.objects.create(provider=provider, payment=payment, amount=1, reason="x", intended_at=FIRST_OF_APRIL)
        content = b"paper"
        paper = {"content": content, "sha256": hashlib.sha256(content).hexdigest()}
        InvoiceDocument.objects.create(provider=provider, invoice=invoice, **paper)


def complaints(admin):
    """What the checks say on that connection."""
    found = (admin.execute(check, []).fetchone() for check in CHECKS.values())
    return " | ".join(" ".join(row) for row in found if row)
