"""Adding a card or a bank account on the hosted page."""

from datetime import date

import pytest

from billing import psp
from tests.billing.psp.conftest import BACK, NORTHWIND
from tests.services import stand_in as numbers


class TestTheCustomer:
    def test_is_the_same_one_with_the_same_key(self, customer, stand_in):
        again = psp.ensure_customer(
            provider_id=NORTHWIND, name="Northwind MSP", email="bills@northwind.example", idempotency_key="northwind"
        )
        assert again == customer.id
        assert [found["metadata"] for found in stand_in.objects("customer")] == [{"portal_provider": NORTHWIND}]

    def test_is_unknown_when_the_key_stands_for_another(self, customer):
        with pytest.raises(psp.Unknown, match="idempotency_error"):
            psp.ensure_customer(provider_id=NORTHWIND, name="Other", email="x@y.example", idempotency_key="northwind")


class TestACardThatIsAdded:
    def test_is_known_by_what_a_person_may_see_of_it(self, customer):
        method = customer.adds()
        assert (method.kind, method.brand, method.last4, method.expires_on) == ("card", "Visa", "4242", date(2034, 12, 31))
        assert (method.customer, method.provider_id) == (customer.id, NORTHWIND)

    @pytest.mark.parametrize(("number", "brand"), [("5555555555554444", "Mastercard"), ("3782 822463 10005", "American Express")])
    def test_has_its_network_as_brand(self, customer, number, brand):
        assert customer.adds(number).brand == brand

    def test_has_the_same_fingerprint_when_it_is_added_again(self, customer):
        first, second, other = customer.adds(), customer.adds(), customer.adds("5555555555554444")
        assert first.token != second.token
        assert first.fingerprint == second.fingerprint != other.fingerprint

    def test_leaves_its_token_out_of_what_is_printed(self, customer):
        method, page = customer.adds(), customer.opens()
        assert method.token not in repr(method)
        assert page.url not in repr(page)


class TestABankAccountThatIsAdded:
    def test_is_an_american_one_in_dollars(self, customer):
        method = customer.adds("000123456789", "bank_account")
        assert (method.kind, method.brand, method.last4, method.expires_on) == ("bank_account", "TEST BANK", "6789", None)

    def test_is_a_sepa_one_in_euros(self, customer):
        method = customer.adds("DE89 3704 0044 0532 0130 00", "bank_account", "EUR")
        assert (method.kind, method.brand, method.last4) == ("bank_account", "37040044", "3000")

    def test_is_refused_in_other_currencies_before_the_call(self, customer, stand_in):
        with pytest.raises(psp.Refused, match="bank_currency"):
            customer.opens("bank_account", "CHF")
        assert stand_in.objects("checkout.session") == []


class TestTheHostedPage:
    def test_is_not_finished_before_it_is(self, customer):
        page = customer.opens()
        with pytest.raises(psp.NotFinished, match="open:requires_payment_method"):
            psp.method_of_session(session_id=page.session_id)

    @pytest.mark.parametrize(
        ("number", "words"),
        [
            ("4000000000000002", "Your card was declined."),
            ("4000000000009995", "Your card has insufficient funds."),
            ("4000000000000069", "Your card has expired."),
            ("4111111111111111", "This page takes only the test cards in the list below."),
        ],
    )
    def test_says_why_a_card_is_not_taken_and_takes_another(self, customer, stand_in, number, words):
        page = customer.opens()
        status, _, text = stand_in.pay_page(page.url, **{**numbers.GOOD_CARD, "number": number})
        assert (status, numbers.problem_on(text)) == (422, words)
        assert stand_in.pay_page(page.url)[:2] == (303, BACK)
        assert psp.method_of_session(session_id=page.session_id).last4 == "4242"

    def test_sends_to_the_bank_of_a_card_that_asks(self, customer, stand_in):
        page = customer.opens()
        status, asks, _ = stand_in.pay_page(page.url, **{**numbers.GOOD_CARD, "number": "4000002500003155"})
        assert (status, "/confirm/" in asks) == (303, True)
        with pytest.raises(psp.NotFinished, match="open:requires_action"):
            psp.method_of_session(session_id=page.session_id)
        assert stand_in.answer_page(asks)[:2] == (303, BACK)
        assert psp.method_of_session(session_id=page.session_id).last4 == "3155"

    def test_comes_again_when_the_holder_refuses(self, customer, stand_in):
        page = customer.opens()
        _, asks, _ = stand_in.pay_page(page.url, **{**numbers.GOOD_CARD, "number": "4000002500003155"})
        assert stand_in.answer_page(asks, "refuse")[:2] == (303, page.url)
        with pytest.raises(psp.NotFinished):
            psp.method_of_session(session_id=page.session_id)

    def test_can_be_used_once(self, customer, stand_in):
        page = customer.opens()
        assert stand_in.pay_page(page.url)[0] == 303
        assert stand_in.pay_page(page.url)[0] == 404

    def test_is_refused_where_people_are_not_to_be_sent(self, customer, settings):
        settings.PSP_HOSTED_ORIGIN = "https://checkout.stripe.com"
        with pytest.raises(psp.Refused, match="hosted_origin"):
            customer.opens()


class TestAMethodThatIsTakenAway:
    def test_can_not_be_charged_nor_taken_away_again(self, customer, stand_in):
        method = customer.adds()
        psp.detach(token=method.token)
        with pytest.raises(psp.Refused, match="payment_method_unexpected_state"):
            customer.pays(method)
        with pytest.raises(psp.Refused):
            psp.detach(token=method.token)
        assert stand_in.charges() == []
