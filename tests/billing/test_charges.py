"""Charges: meant, made once, and settled by whoever brings the news, in whatever order."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import AuditEvent, Provider
from billing import psp
from billing.actions import collecting
from billing.actions.charges import ChargeUnderWay, MethodGone, NothingOwed
from billing.actions.collecting import collect
from billing.actions.payments import MoreThanPaid, record_payment
from billing.actions.reconciling import reconcile
from billing.actions.refunds import NothingToRefund, RefundUnderWay, order_refund
from billing.actions.settling import NotOurs, Told, settle, settle_refund
from billing.actions.webhooks import receive, work_inbox
from billing.models import Charge, ChargeEvent, Payment, PaymentMethod, Refund
from billing.verification import first_fault
from msp_portal.lib import tenancy
from tests.billing.paying import became, bills, charge, event_of, later, listen, mean, method_of, now, reconcile_late

pytestmark = pytest.mark.django_db

BANK = {"kind": "bank_account", "number": "000123456789"}


@pytest.fixture
def provider(db):
    return Provider.objects.create(name="Northwind MSP")


@pytest.fixture
def invoice(provider):
    """12.50 USD."""
    return bills(provider)[0]


@pytest.fixture
def card(provider, stand_in):
    return method_of(provider, stand_in)


def codes():
    return list(Charge.objects.order_by("intended_at").values_list("state", "decline_code"))


class TestMeaningToCharge:
    def test_is_over_all_that_is_owed_and_noted(self, invoice, card):
        record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal(2), reference="", by=None, at=now())
        meant = mean(invoice, card)
        assert (meant.amount, meant.state, meant.attempt) == (Decimal("10.50"), "intended", 1)
        assert AuditEvent.objects.get(action="billing.charge.intended").details["method"] == "Visa •••• 4242"

    def test_is_refused_where_nothing_is_owed(self, invoice, card):
        record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal("12.50"), reference="", by=None, at=now())
        with pytest.raises(NothingOwed):
            mean(invoice, card)

    def test_is_refused_while_another_one_is_under_way(self, invoice, card):
        mean(invoice, card)
        with pytest.raises(ChargeUnderWay):
            mean(invoice, card)

    def test_is_refused_with_a_method_that_is_gone(self, invoice, card):
        PaymentMethod.objects.update(removed_at=now())
        with pytest.raises(MethodGone):
            mean(invoice, card)


class TestACharge:
    def test_pays_the_invoice(self, invoice, card, stand_in):
        paid = charge(invoice, card)
        assert (paid.state, became(invoice)) == ("succeeded", ("Paid In Full", Decimal("12.50"), 0))
        payment = Payment.objects.get()
        assert (payment.kind, payment.charge, payment.reference) == ("card", paid, "Visa •••• 4242")
        assert [made["amount"] for made in stand_in.charges()] == [1250]

    def test_that_is_declined_says_why_and_another_may_follow(self, invoice, provider, stand_in):
        declined = charge(invoice, method_of(provider, stand_in, "4000000000000341"))
        assert (declined.state, declined.decline_code) == ("failed", "generic_decline")
        assert charge(invoice, method_of(provider, stand_in)).attempt == 2
        assert became(invoice)[0] == "Paid In Full"

    def test_of_a_bank_account_is_paid_once_the_bank_says_so(self, invoice, provider, stand_in):
        assert charge(invoice, method_of(provider, stand_in, **BANK)).state == "processing"
        assert became(invoice)[0] == "Open"
        stand_in.control("settle")
        listen(stand_in)
        assert (Charge.objects.get().state, became(invoice)[0]) == ("succeeded", "Paid In Full")
        assert Payment.objects.get().kind == "direct_debit"

    def test_by_hand_waits_for_the_card_holder_and_goes_on_once_he_confirmed(self, invoice, provider, stand_in):
        asking = charge(invoice, method_of(provider, stand_in, "4000002760003184"), reason="pay_now")
        assert asking.state == "requires_action"
        _status, leads_to, _page = stand_in.answer_page(asking.action_url)
        assert leads_to.endswith(reverse("payment-progress", args=[asking.pk])), "where he sees what becomes of it"
        listen(stand_in)
        assert became(invoice)[0] == "Paid In Full"

    def test_that_nobody_confirms_is_given_up(self, invoice, provider, stand_in):
        charge(invoice, method_of(provider, stand_in, "4000002760003184"), reason="pay_now")
        reconcile(later(hours=2))
        assert codes() == [("failed", "canceled")]

    def test_of_which_the_bank_is_silent_is_looked_up_every_six_hours(self, invoice, provider, stand_in):
        charge(invoice, method_of(provider, stand_in, **BANK))
        looked_up = [reconcile(later(hours=hours)) for hours in (5, 7, 8, 12, 14)]
        assert looked_up == [0, 1, 0, 0, 1]
        stand_in.control("settle")
        assert reconcile(later(hours=21)) == 1
        assert became(invoice)[0] == "Paid In Full"

    def test_by_itself_fails_where_the_bank_wants_the_card_holder(self, invoice, provider, stand_in):
        assert charge(invoice, method_of(provider, stand_in, "4000002760003184")).decline_code == "authentication_required"

    @pytest.mark.parametrize(("meanwhile", "code"), [("paid", "not_owed"), ("removed", "payment_method_removed")])
    def test_is_not_sent_when_it_makes_no_sense_any_more(self, invoice, card, stand_in, meanwhile, code):
        mean(invoice, card)
        if meanwhile == "paid":
            record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal(1), reference="", by=None, at=now())
        else:
            PaymentMethod.objects.update(removed_at=now())
        collect(now)
        assert (codes(), stand_in.objects("payment_intent")) == ([("failed", code)], [])

    def test_is_called_for_outside_of_every_scope(self, provider, stand_in):
        with tenancy.scope(provider.pk), pytest.raises(AssertionError, match="scope"):
            psp.find_charges(customer="cus_1", since=now())


class TestNoAnswer:
    @pytest.mark.parametrize("fault", ["drop_before", "drop_after", "500_before", "500_after"])
    def test_leaves_it_unknown_until_the_list_tells(self, invoice, card, stand_in, fault):
        stand_in.fault(fault, "POST /v1/payment_intents")
        assert charge(invoice, card).state == "unknown"
        assert reconcile(now) == 0, "an answer may still be on its way"
        reconcile_late()
        assert became(invoice)[0] == "Paid In Full"
        assert len(stand_in.charges()) == 1

    def test_is_never_mended_by_a_new_key(self, invoice, card, stand_in):
        stand_in.fault("500_before", "POST /v1/payment_intents", times=5)
        charge(invoice, card)
        for _ in range(4):
            reconcile_late()
        assert codes() == [("unknown", "")]
        reconcile(later(hours=21))
        assert (codes(), stand_in.objects("payment_intent")) == ([("failed", "never_arrived")], [])

    def test_is_not_called_for_again_where_it_makes_no_sense_any_more(self, invoice, card, stand_in):
        stand_in.fault("drop_before", "POST /v1/payment_intents")
        charge(invoice, card)
        record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal("12.50"), reference="", by=None, at=now())
        reconcile_late()
        assert (codes(), stand_in.objects("payment_intent")) == ([("unknown", "")], [])
        reconcile(later(hours=21))
        assert codes() == [("failed", "never_arrived")]

    def test_of_a_worker_that_died_is_settled_the_same_way(self, invoice, card, stand_in, monkeypatch):
        mean(invoice, card)
        monkeypatch.setattr(collecting, "write", lambda *_told: None)
        collect(now)
        assert codes() == [("unknown", "")]
        monkeypatch.undo()
        reconcile_late()
        assert (became(invoice)[0], len(stand_in.charges())) == ("Paid In Full", 1)

    def test_and_no_key_for_the_token_leaves_the_others_alone(self, provider, card, stand_in):
        lost, other = bills(provider, 2)
        mean(lost, card), mean(other, method_of(provider, stand_in))
        stand_in.fault("drop_before", "POST /v1/payment_intents", times=2)
        collect(now)
        PaymentMethod.objects.filter(pk=card.pk).update(sealed_token="of a key that is gone")
        reconcile_late()
        assert codes() == [("unknown", ""), ("succeeded", "")]

    def test_about_one_leaves_the_others_alone(self, provider, card, stand_in):
        for invoice in bills(provider, 3):
            mean(invoice, card)
        stand_in.fault("drop_after", "POST /v1/payment_intents", times=3)
        collect(now)
        stand_in.fault("500_before", "GET /v1/payment_intents")
        reconcile_late()
        assert sorted(codes()) == [("succeeded", ""), ("succeeded", ""), ("unknown", "")]


class TestWhatIsTold:
    def test_changes_nothing_where_it_does_not_fit(self, provider, card, stand_in):
        first, second = bills(provider, 2)
        one, other = charge(first, card), charge(second, card)
        foreign = psp.find_charge(charge_id=other.psp_id)
        with pytest.raises(NotOurs), transaction.atomic():
            settle(one, foreign, Told("x", now()), at=now())
        assert Payment.objects.count() == 2

    def test_twice_is_noted_once(self, invoice, provider, stand_in):
        charge(invoice, method_of(provider, stand_in, **BANK))
        stand_in.control("settle")
        listen(stand_in)
        notes = ChargeEvent.objects.count()
        assert listen(stand_in) == 0
        assert (Payment.objects.count(), ChargeEvent.objects.count()) == (1, notes)


class TestMoneyThatGoesBack:
    def test_as_a_refund_is_ordered_called_and_written(self, invoice, card, stand_in):
        charge(invoice, card)
        refund_of(invoice, "5.00")
        collect(now)
        assert became(invoice) == ("Partially Paid", Decimal("7.50"), Decimal("5.00"))
        assert Refund.objects.get().state == "succeeded"
        assert [made["amount"] for made in stand_in.objects("refund")] == [500]

    def test_as_a_refund_of_which_nothing_is_told_is_looked_up(self, invoice, card, stand_in):
        charge(invoice, card)
        refund_of(invoice, "5.00")
        stand_in.fault("drop_after", "POST /v1/refunds")
        collect(now)
        (made,) = stand_in.objects("refund")
        Refund.objects.update(state="processing", psp_id=made["id"])
        reconcile(later(hours=5))
        assert Refund.objects.get().state == "processing"
        reconcile(later(hours=7))
        assert (Refund.objects.get().state, became(invoice)[1]) == ("succeeded", Decimal("7.50"))

    @pytest.mark.parametrize("fault", ["drop_after", "500_before"])
    def test_as_a_refund_without_an_answer_goes_back_once(self, invoice, card, stand_in, fault):
        charge(invoice, card)
        refund_of(invoice, "5.00")
        stand_in.fault(fault, "POST /v1/refunds")
        collect(now)
        assert Refund.objects.get().state == "unknown"
        reconcile_late()
        assert (Refund.objects.get().state, len(stand_in.objects("refund"))) == ("succeeded", 1)

    @pytest.mark.parametrize("order", [("succeeded", "failed"), ("failed", "succeeded")])
    def test_and_that_the_bank_sends_back_is_with_us_again(self, invoice, card, stand_in, order):
        made = charge(invoice, card)
        refund_of(invoice, "5.00")
        order_of_refund = Refund.objects.get()
        for state in order:
            told = psp.RefundResult("re_1", made.psp_id, state, Decimal(5), "USD", {"portal_refund": order_of_refund.pk})
            settle_refund(made, told, Told("refund.updated", now()), at=now())
        assert (Refund.objects.get().state, became(invoice)[0]) == ("failed", "Paid In Full")
        assert first_fault() is None
        refund_of(invoice, "12.50")

    def test_goes_one_at_a_time_and_no_more_than_came(self, invoice, card, stand_in):
        charge(invoice, card)
        refund_of(invoice, "5.00")
        with pytest.raises(RefundUnderWay):
            refund_of(invoice, "1.00")
        collect(now)
        with pytest.raises(MoreThanPaid):
            refund_of(invoice, "7.51")
        refund_of(invoice, "7.50")
        collect(now)
        assert became(invoice) == ("Open", 0, Decimal("12.50"))

    def test_goes_only_the_way_it_came(self, invoice, stand_in):
        record_payment(invoice=invoice, kind="bank_transfer", amount=Decimal(10), reference="", by=None, at=now())
        with pytest.raises(NothingToRefund):
            refund_of(invoice, "4.00")

    def test_that_someone_ordered_over_there_is_written_too(self, invoice, card, stand_in):
        made = charge(invoice, card)
        psp.refund(charge_id=made.psp_id, amount=Decimal(5), currency="USD", idempotency_key="by hand")
        listen(stand_in)
        assert became(invoice)[1] == Decimal("7.50")

    def test_is_noted_although_it_is_told_before_the_answer_to_the_charge(self, invoice, card, stand_in):
        stand_in.fault("drop_after", "POST /v1/payment_intents")
        charge(invoice, card)
        (made,) = stand_in.objects("payment_intent")
        psp.refund(charge_id=made["id"], amount=Decimal(5), currency="USD", idempotency_key="by hand")
        for row in stand_in.events():
            if row["event"]["type"].startswith("refund."):
                receive(event_of(row["body"]), at=now())
        assert work_inbox(now) == 0, "it waits for the charge"
        reconcile_late()
        assert work_inbox(later(minutes=5)) > 0
        assert became(invoice)[1] == Decimal("7.50")

    def test_as_a_return_of_the_bank_is_owed_again(self, invoice, card, stand_in):
        made = charge(invoice, card)
        stand_in.control("dispute", charge=made.psp_id, reason="fraudulent")
        listen(stand_in)
        assert became(invoice) == ("Open", 0, Decimal("12.50"))
        assert Payment.objects.get(amount__lt=0).kind == "return"
        assert first_fault() is None

    def test_comes_again_once_the_dispute_is_won(self, invoice, card, stand_in):
        made = charge(invoice, card)
        dispute = stand_in.control("dispute", charge=made.psp_id, reason="fraudulent")
        stand_in.control("dispute", dispute=dispute["id"], status="won")
        listen(stand_in)
        assert became(invoice)[0] == "Paid In Full"
        refund_of(invoice, "12.50")
        collect(now)
        assert became(invoice) == ("Open", 0, Decimal("12.50"))
        assert first_fault() is None


def refund_of(invoice, amount):
    payment = Payment.objects.filter(invoice=invoice, amount__gt=0).order_by("charge_id")[0]
    return order_refund(payment=payment, amount=Decimal(amount), reason="Seats returned", by=None, at=now())
