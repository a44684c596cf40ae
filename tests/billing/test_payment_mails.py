"""Mails about payments: what they say, to whom, and each once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from billing.actions.notices import charge_settled, payment_taken_back, tell_what_is_due
from billing.actions.payments import record_payment
from billing.actions.settling import Told, settle_refund, settle_return
from billing.models import BillingAccount, Notice
from billing.psp import RefundResult, ReturnFacts
from msp_portal.lib.models import OutboxMessage
from tests.billing.autopay_play import (
    DUE,
    answer,
    charged,
    days_after_due,
    decline,
    mails,
    subjects,
)
from tests.billing.books import live_at

pytestmark = pytest.mark.django_db
NUMBER = "INV-2026-00001"


@pytest.fixture
def paying(paying):
    """With a recipient of its invoices."""
    live_at(paying.provider)
    return paying


def only_text():
    (mail,) = mails()
    return " ".join(mail[1].split())


class TestTheEndOfACharge:
    def test_is_told_when_it_was_paid(self, paying):
        answer(charged(paying.overage, paying.card))
        assert subjects() == [f"Paid: 37.50 USD of invoice {NUMBER}"]
        assert "were charged to Visa •••• 4242." in only_text()
        assert OutboxMessage.objects.get().payload["to"] == ["invoices@northwind.example"]

    def test_names_the_reason_of_the_decline_and_the_backup_that_is_charged_instead(self, paying):
        decline(charged(paying.overage, paying.card))
        text = only_text()
        assert "it was declined. The bank says there is not enough money in the account." in text
        assert "First Bank •••• 6789 is charged instead." in text
        assert "On 4 May 2026, if it is still owed, Visa •••• 4242 is charged 37.50 USD." in text
        assert "You can also pay it now" in text
        assert f"/account/payments/pay/?invoice={paying.overage.pk}&instead_of=" in text

    def test_says_what_to_do_when_nothing_comes_any_more(self, paying):
        decline(charged(paying.overage, paying.bank), "account_closed")
        decline(charged(paying.overage, paying.card), "stolen_card")
        text = " ".join(mails()[-1][1].split())
        assert "None of the payment methods on file can be charged by itself any more." in text
        assert f"Please pay it now with another card or bank account, or transfer the amount with the reference {NUMBER}." in text

    def test_is_told_while_the_bank_waits_for_a_confirmation(self, paying):
        answer(charged(paying.overage, paying.card, reason="pay_now"), "requires_action", action_url="https://bank.example/1")
        assert subjects() == [f"Please confirm: 37.50 USD of invoice {NUMBER}"]
        assert "bank.example" not in only_text()

    def test_is_told_once(self, paying):
        charge = answer(charged(paying.overage, paying.card))
        charge_settled(charge=charge, at=DUE)
        assert len(mails()) == 1

    def test_is_told_again_when_it_turns_out_otherwise(self, paying):
        charge = decline(charged(paying.overage, paying.card))
        answer(charge)
        assert [subject.split(":")[0] for subject in subjects()] == ["Declined", "Paid"]


class TestMoneyThatWentBack:
    def test_is_told_with_what_comes_next_when_the_bank_took_it(self, paying):
        charge = answer(charged(paying.overage, paying.bank))
        facts = ReturnFacts("dp_1", charge.psp_id, charge.amount, "USD", "insufficient_funds", is_won=False, moves_money=True)
        settle_return(charge, facts, Told("charge.dispute.created", days_after_due(4)), at=days_after_due(4))
        subject, text = mails()[-1]
        assert subject == f"37.50 USD of invoice {NUMBER} went back"
        assert "The bank took back" in text
        assert "On 5 May 2026 Visa •••• 4242 is charged" in text

    def test_is_told_once_when_we_sent_it(self, paying):
        charge = answer(charged(paying.overage, paying.card))
        refund = RefundResult("re_1", charge.psp_id, "succeeded", Decimal(10), "USD", {})
        settle_refund(charge, refund, Told("charge.refunded", DUE), at=DUE)
        payment_taken_back(payment=charge.invoice.payments.get(kind="refund"), at=DUE)
        text = " ".join(mails()[-1][1].split())
        assert (len(mails()), "We sent back 10.00 USD" in text) == (2, True)
        assert "so nothing is charged by itself" in text


class TestWhatIsDue:
    def test_is_told_three_days_before_it_is_charged(self, paying):
        assert [tell_what_is_due(at=days_after_due(day)) for day in (-4, -3, -2)] == [0, 1, 0]
        assert subjects() == [f"On 1 May 2026: 37.50 USD for invoice {NUMBER}"]
        assert "On that day Visa •••• 4242 is charged 37.50 USD. If it is declined: First Bank •••• 6789." in only_text()

    def test_is_told_the_day_after_when_nobody_charges_it(self, paying):
        BillingAccount.objects.update(autopay=False)
        assert [tell_what_is_due(at=days_after_due(day)) for day in (-3, 0, 1, 2)] == [0, 0, 1, 0]
        assert subjects() == [f"Past due: 37.50 USD of invoice {NUMBER}"]
        assert "Autopay is off, so nothing is charged by itself." in only_text()

    def test_is_not_told_while_a_charge_comes_or_is_under_way(self, paying):
        assert tell_what_is_due(at=days_after_due(1)) == 0
        charged(paying.overage, paying.bank)
        assert tell_what_is_due(at=days_after_due(1)) == 0

    def test_is_not_told_again_after_the_mail_of_the_last_decline(self, paying):
        decline(charged(paying.overage, paying.bank))
        decline(charged(paying.overage, paying.card), "lost_card")
        assert tell_what_is_due(at=days_after_due(1)) == 0

    def test_is_told_from_nine_in_the_morning(self, paying):
        BillingAccount.objects.update(autopay=False)
        morning = days_after_due(1).replace(hour=9)
        assert [tell_what_is_due(at=morning - timedelta(minutes=1)), tell_what_is_due(at=morning)] == [0, 1]

    def test_is_not_told_of_what_was_paid(self, paying):
        record_payment(invoice=paying.overage, kind="bank_transfer", amount=Decimal("37.50"), reference="", by=None, at=DUE)
        assert tell_what_is_due(at=days_after_due(1)) == 0

    def test_goes_to_the_administrators_who_pay_where_no_recipient_is_named(self, northwind):
        tell_what_is_due(at=days_after_due(1))
        to = OutboxMessage.objects.get().payload["to"]
        assert northwind.owner.email in to
        assert all("administrator." not in address or "billing" in address for address in to)


class TestANotice:
    def test_is_one_in_the_database(self, northwind):
        common = {"provider": northwind.provider, "about": "charge 1 failed", "at": DUE}
        Notice.objects.create(**common)
        with pytest.raises(IntegrityError, match="one_notice_of_a_thing"), transaction.atomic():
            Notice.objects.create(**common)

    def test_stays(self, northwind):
        Notice.objects.create(provider=northwind.provider, about="charge 1 failed", at=DUE)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Notice.objects.update(about="charge 2 failed")
