"""The timeline of an invoice and the sentence on Payment History: what happened, what comes next, and that both follow the plan."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.actions.invoices import issue_credit_note
from billing.actions.payments import record_payment, record_refund, write_off
from tests.billing.autopay_play import DUE, answer, charged, days_after_due, decline, switch_on
from tests.billing.books import FIRST_OF_APRIL, issue_monthly_invoice, words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def look(client, paying, time_machine):
    """What the owner reads on the invoice's page so many days after it was due."""

    def words_on(day, url=None):
        time_machine.move_to(days_after_due(day), tick=False)
        return words_of(sign_in(client, paying.owner).get(url or paying.overage.get_absolute_url()))

    return words_on


def said_of(words, *phrases):
    return {phrase for phrase in phrases if phrase in words}


class TestTheTimeline:
    def test_says_what_comes_before_it_happens(self, look):
        words = look(-20)
        assert "On 1 May 2026 Visa •••• 4242 is charged 37.50 USD; if it is declined, First Bank •••• 6789." in words
        for day in (4, 6, 8):
            assert f"On {day} May 2026, if it is still owed, Visa •••• 4242 is charged 37.50 USD." in words

    def test_says_what_happened_and_what_comes_then(self, look, paying):
        decline(charged(paying.overage, paying.card))
        decline(charged(paying.overage, paying.bank, reason="backup"), "account_closed")
        words = look(1)
        happened = [
            "Issued 37.50 USD",
            "Visa •••• 4242 was declined 37.50 USD The bank says there is not enough money in the account. (Autopay on the due date)",
            "First Bank •••• 6789 was declined 37.50 USD The bank says that the account was closed. (Backup method)",
            "On 4 May 2026, if it is still owed",
        ]
        assert [words.find(sentence) for sentence in happened] == sorted(words.index(sentence) for sentence in happened)

    def test_tells_a_charge_that_paid_once(self, look, paying):
        answer(charged(paying.overage, paying.card))
        words = look(1)
        assert words.count("Visa •••• 4242 was charged 37.50 USD") == 1
        assert "Direct debit" not in words
        assert "if it is declined" not in words

    def test_says_who_ordered_it(self, look, paying):
        answer(charged(paying.overage, paying.card, reason="pay_now", by=paying.owner))
        assert f"ordered by {paying.owner}" in look(1)

    def test_says_until_when_the_bank_takes_and_leads_to_it(self, look, client, paying):
        charge = answer(charged(paying.overage, paying.bank), "processing")
        assert "A charge is under way with the bank until about 8 May 2026." in look(1)
        page = client.get(paying.overage.get_absolute_url()).content.decode()
        assert reverse("payment-progress", args=[charge.pk]) in page

    def test_asks_for_no_second_payment_while_one_is_under_way(self, look, paying):
        assert {"Pay now", "To pay by bank transfer"} == said_of(look(1), "Pay now", "To pay by bank transfer")
        answer(charged(paying.overage, paying.bank), "processing")
        assert not said_of(look(1), "Pay now", "To pay by bank transfer", "Confirm the payment")

    def test_leads_to_the_confirmation_that_a_bank_waits_for(self, look, paying):
        answer(charged(paying.overage, paying.card), "requires_action", action_url="https://bank.example/1")
        assert {"Confirm the payment"} == said_of(look(1), "Pay now", "To pay by bank transfer", "Confirm the payment")

    def test_shows_what_went_back_and_what_was_given_up(self, look, paying):
        paid = record_payment(invoice=paying.overage, kind="bank_transfer", amount=Decimal(20), reference="W-1", by=None, at=DUE)
        record_refund(payment=paid, amount=Decimal(5), reference="Goodwill", by=None, at=DUE)
        write_off(invoice=paying.overage, amount=Decimal(2), reference="Too small", by=None, at=DUE)
        words = look(1)
        for entry in ("Bank transfer 20.00 USD W-1", "Refund -5.00 USD Goodwill", "Write-off 2.00 USD Too small"):
            assert entry in words
        assert "Money was sent back, so nothing is charged by itself." in words

    def test_shows_its_credit_note_and_then_nothing_more(self, look, paying):
        issue_credit_note(invoice=paying.overage, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)
        words = look(1)
        assert "Credit note CN-2026-00001 -37.50 USD Wrong PO" in words
        assert "is charged" not in words

    def test_says_why_nothing_is_charged(self, look, paying):
        switch_on(paying.provider, Decimal(10))
        assert "It is more than autopay may charge at once, so nothing is charged by itself." in look(1)


class TestPaymentHistory:
    def test_says_what_is_charged_next(self, look, paying):
        issue_monthly_invoice(contract=paying.contract, month=date(2026, 4, 1), by=None, at=FIRST_OF_APRIL)
        words = look(-5, reverse("payments"))
        assert (
            "Next: on 1 May 2026 Visa •••• 4242 is charged 37.50 USD for invoice INV-2026-00001; "
            "if it is declined, First Bank •••• 6789." in words
        )

    def test_says_of_a_past_due_one_that_it_is_tried_again(self, look, paying):
        decline(charged(paying.overage, paying.card))
        decline(charged(paying.overage, paying.bank))
        words = look(1, reverse("payments"))
        assert "Invoice INV-2026-00001 has been past due since 1 May 2026. Next: on 4 May 2026 Visa •••• 4242" in words

    def test_asks_for_a_person_where_nothing_comes_any_more(self, look, paying):
        switch_on(paying.provider, Decimal(10))
        words = look(1, reverse("payments"))
        assert "is past due: 37.50 USD should have arrived by 1 May 2026. Please pay it now" in words

    def test_names_a_confirmation_first_and_leads_to_it(self, look, client, paying):
        charge = answer(charged(paying.overage, paying.card), "requires_action", action_url="https://bank.example/1")
        assert "A charge waits for confirmation at the bank. Confirm the payment" in look(0, reverse("payments"))
        assert reverse("payment-progress", args=[charge.pk]) in client.get(reverse("payments")).content.decode()
