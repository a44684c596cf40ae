"""Packages, contracts, payments and credit notes by operators: added to, never changed."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from billing.actions.contracts import add_contract
from billing.actions.invoices import issue_monthly_invoice
from billing.models import BillingInformation, Charge, Contract, Invoice, Package, Payment, PaymentMethod, Refund
from usage.models import Licensing

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PACKAGE = {"name": "Platform Plus", "code": "platform-plus", "includes": "Directory\n\n Single sign-on ", "currency": "USD"}
PRICES = {"unit_price": "9.00", "overage_price": "11.00"}


def page(name, *args):
    return reverse(f"admin:billing_{name}", args=args)


def errors(answer):
    return {field: list(said) for field, said in answer.context["adminform"].form.errors.items()}


@pytest.fixture
def package(db):
    return Package.objects.create(
        code="plus", name="Plus", includes=["Directory"], unit_price=9, overage_price=11, currency="USD"
    )


@pytest.fixture
def invoice(cast, package):
    """An invoice of Northwind for a commitment of 10 licences at 9.00."""
    provider = cast.northwind.provider
    BillingInformation.objects.create(
        provider=provider, company="Northwind", contact_name="Ada", contact_email="ada@northwind.example", street="1 Main",
        city="Denver", postal_code="80014", country="US",
    )  # fmt: skip
    contract = add_contract(
        provider=provider, number="C-1", package=package, kind="annual", committed=10, unit_price=Decimal(9),
        overage_price=Decimal(11), currency="USD", valid_from=AT.date().replace(day=1), ends_on=None, signed_on=AT.date(), by=None, at=AT,
    )  # fmt: skip
    return issue_monthly_invoice(contract=contract, month=AT.date().replace(day=1), by=None, at=AT)


def test_a_package_lists_what_it_includes_line_by_line(as_operator):
    assert as_operator.post(page("package_add"), {**PACKAGE, **PRICES}).status_code == 302
    assert Package.objects.get().includes == ["Directory", "Single sign-on"]
    assert AuditEvent.objects.get(action="billing.package.added").actor_name == "Olive Operator"
    shown = as_operator.get(page("package_change", Package.objects.get().pk)).content.decode()
    assert "Directory\nSingle sign-on" in shown


def test_a_package_with_a_price_below_zero_is_refused_at_the_field(as_operator):
    answer = as_operator.post(page("package_add"), {**PACKAGE, **PRICES, "unit_price": "-1"})
    assert list(errors(answer)) == ["unit_price"]
    assert not Package.objects.exists()


class TestAContract:
    def terms(self, cast, package, **changed):
        return {
            "of_provider": cast.bluefin.pk,
            "number": "C-2",
            "package": package.pk,
            "kind": "annual",
            "committed": "25",
            **PRICES,
            "currency": "USD",
            "valid_from": "2026-01-01",
            "signed_on": "2025-12-20",
            **changed,
        }

    def test_is_copied_down_to_the_licences(self, as_operator, cast, package):
        assert as_operator.post(page("contract_add"), self.terms(cast, package)).status_code == 302
        assert Licensing.objects.get(provider=cast.bluefin.provider).committed == 25
        assert AuditEvent.objects.get(action="billing.contract.added").actor_name == "Olive Operator"

    def test_that_begins_before_the_present_one_is_refused_at_the_field(self, as_operator, cast, package):
        as_operator.post(page("contract_add"), self.terms(cast, package))
        answer = as_operator.post(page("contract_add"), self.terms(cast, package, valid_from="2025-06-01"))
        assert list(errors(answer)) == ["valid_from"]
        assert Contract.objects.get(provider=cast.bluefin.provider).version == 1

    def test_that_ends_before_it_begins_is_refused_with_words(self, as_operator, cast, package):
        answer = as_operator.post(page("contract_add"), self.terms(cast, package, ends_on="2025-12-31"))
        assert "The last day is before the first." in str(errors(answer))
        assert not Contract.objects.exists()

    def test_is_never_changed(self, as_operator, cast, package):
        as_operator.post(page("contract_add"), self.terms(cast, package))
        contract = Contract.objects.get()
        assert as_operator.post(page("contract_change", contract.pk), {"committed": "1"}).status_code == 403
        contract.refresh_from_db()
        assert contract.committed == 25


def happened(invoice, amount, what="arrived", reference=""):
    return {"what": what, "to_invoice": invoice.pk, "amount": amount, "reference": reference}


class TestAPayment:
    def test_by_bank_is_recorded_by_the_operator(self, as_operator, invoice):
        typed = happened(invoice, "40.00", reference="Wire 77")
        assert as_operator.post(page("payment_add"), typed).status_code == 302
        payment = Payment.objects.get()
        assert (payment.amount, payment.kind, payment.recorded_by) == (Decimal("40.000"), "bank_transfer", "Olive Operator")
        assert AuditEvent.objects.get(action="billing.invoice.paid").target_name == invoice.number
        listed = as_operator.get(page("invoice_changelist")).content.decode()
        assert "50.00\u00a0USD" in listed, "what is still owed of 90.00"

    @pytest.mark.parametrize("amount", ["0", "-5", "1.234", "many", "90.01"])
    def test_of_no_amount_or_more_than_is_owed_is_refused_at_the_field(self, as_operator, invoice, amount):
        answer = as_operator.post(page("payment_add"), happened(invoice, amount))
        assert answer.status_code == 200
        assert list(errors(answer)) == ["amount"]
        assert not Payment.objects.exists()

    def test_is_sent_back_or_given_up_by_the_operator(self, as_operator, invoice):
        for what, amount in (("arrived", "40.00"), ("sent_back", "15.00"), ("written_off", "65.00")):
            assert as_operator.post(page("payment_add"), happened(invoice, amount, what)).status_code == 302
        became = Invoice.objects.as_of(AT.date()).get()
        assert (became.paid_amount, became.credited_amount, became.owed_amount) == (25, 65, 0)
        refused = errors(as_operator.post(page("payment_add"), happened(invoice, "25.01", "sent_back")))
        assert refused["amount"][0].startswith("No bank transfer to this invoice has so much left.")


class TestARefund:
    def test_is_ordered_of_what_a_charge_brought(self, as_operator, invoice):
        method = PaymentMethod.objects.create(provider=invoice.provider, kind="card", brand="Visa", last4="4242", place=1)
        charge = {"provider": invoice.provider, "invoice": invoice, "method": method, "attempt": 1, "currency": "USD"}
        made = Charge.objects.create(reason="autopay", amount=Decimal(90), intended_at=AT, **charge)
        money = {"provider": invoice.provider, "invoice": invoice, "kind": "card", "received_at": AT, "amount": Decimal(90)}
        paid = Payment.objects.create(charge=made, **money)
        typed = {"of_payment": paid.pk, "amount": "30.00", "reason": "Seats returned"}
        assert as_operator.post(page("refund_add"), typed).status_code == 302
        order = Refund.objects.get()
        assert (order.amount, order.state, order.by) == (30, "intended", "Olive Operator")
        again = as_operator.post(page("refund_add"), typed)
        assert "under way already" in again.content.decode()


class TestAnInvoice:
    def test_is_taken_back_once(self, as_operator, invoice):
        chosen = {"action": "take_back", "_selected_action": [invoice.pk]}
        unexplained = as_operator.post(page("invoice_changelist"), chosen, follow=True).content.decode()
        assert "Type the reason beside the action first" in unexplained
        chosen["reason"] = "Wrong price"
        assert "1 invoice was taken back." in as_operator.post(page("invoice_changelist"), chosen, follow=True).content.decode()
        again = as_operator.post(page("invoice_changelist"), chosen, follow=True).content.decode()
        assert "The invoice was already taken back by a credit note." in again
        note = Invoice.objects.get(kind="credit_note")
        assert (note.corrects, note.total_amount, note.reason) == (invoice, -invoice.total_amount, "Wrong price")
        assert AuditEvent.objects.get(action="refused.already_credited").actor_name == "Olive Operator"

    def test_that_was_taken_back_is_issued_anew_once(self, as_operator, invoice):
        chosen = {"action": "issue_anew", "_selected_action": [invoice.pk]}
        refused = as_operator.post(page("invoice_changelist"), chosen, follow=True).content.decode()
        assert "Take the invoice back with a credit note first." in refused
        as_operator.post(page("invoice_changelist"), {**chosen, "action": "take_back", "reason": "Wrong price"})
        assert "1 invoice was issued anew." in as_operator.post(page("invoice_changelist"), chosen, follow=True).content.decode()
        assert Invoice.objects.get(revision=2, kind="monthly").total_amount == invoice.total_amount

    def test_shows_its_lines_and_is_never_changed(self, as_operator, invoice):
        shown = as_operator.get(page("invoice_change", invoice.pk))
        assert [row.instance.amount for row in shown.context["inline_admin_formsets"][0].formset.forms] == [Decimal(90)]
        assert as_operator.post(page("invoice_change", invoice.pk), {"total_amount": "1"}).status_code == 403
        assert as_operator.post(page("invoice_delete", invoice.pk), {"post": "yes"}).status_code == 403
