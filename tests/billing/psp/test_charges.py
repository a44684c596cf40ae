"""Charging a saved method, and giving money back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing import psp
from tests.billing.psp.conftest import NORTHWIND


class TestACard:
    def test_is_charged_at_once(self, customer, stand_in):
        charge = customer.pays(customer.adds())
        assert (charge.state, charge.amount, charge.currency) == ("succeeded", Decimal("12.50"), "USD")
        assert (charge.customer, charge.metadata) == (customer.id, {"portal_attempt": "invoice-1"})
        assert [(one["amount"], one["currency"]) for one in stand_in.charges()] == [(1250, "usd")]

    @pytest.mark.parametrize(
        ("number", "code"), [("4000000000000341", "generic_decline"), ("4000008260003178", "insufficient_funds")]
    )
    def test_is_declined_with_the_banks_reason(self, customer, stand_in, number, code):
        method = customer.adds(number)
        with pytest.raises(psp.Declined) as declined:
            customer.pays(method)
        assert declined.value.code == code
        assert declined.value.message.startswith("Your card")
        found = psp.find_charge(charge_id=declined.value.charge_id)
        assert (found.state, found.decline_code, found.decline_words) == ("failed", code, declined.value.message)
        assert stand_in.charges() == []

    @pytest.mark.parametrize(
        ("currency", "amount", "units"), [("JPY", "1250", 1250), ("KWD", "1.250", 1250), ("EUR", "0.99", 99)]
    )
    def test_is_charged_in_the_currencys_own_units(self, customer, stand_in, currency, amount, units):
        charge = customer.pays(customer.adds(), amount, currency)
        assert (charge.amount, charge.currency) == (Decimal(amount), currency)
        assert stand_in.charges()[0]["amount"] == units

    @pytest.mark.parametrize(
        ("amount", "currency", "code"),
        [
            ("1.255", "KWD", "amount_step"),
            ("0", "USD", "amount"),
            ("-1", "USD", "amount"),
            ("1.005", "USD", "amount"),
            ("1.5", "JPY", "amount"),
            ("NaN", "USD", "amount"),
            ("1", "XXX", "currency"),
        ],
    )
    def test_is_not_asked_for_what_can_not_be_charged(self, customer, stand_in, amount, currency, code):
        method = customer.adds()
        with pytest.raises(psp.Refused) as refused:
            customer.pays(method, amount, currency)
        assert refused.value.code == code
        assert stand_in.objects("payment_intent") == []


class TestACardWhoseBankAsks:
    def test_needs_its_holder_when_nobody_is_there(self, customer, stand_in):
        method = customer.adds("4000002760003184")
        with pytest.raises(psp.NeedsAction) as needed:
            customer.pays(method)
        found = psp.find_charge(charge_id=needed.value.charge_id)
        assert (found.state, found.decline_code) == ("failed", "authentication_required")
        assert stand_in.charges() == []

    def test_is_charged_when_its_holder_confirms(self, customer, stand_in):
        charge = customer.pays(customer.adds("4000002760003184"), off_session=False, return_url="http://portal.example/paid/")
        assert charge.state == "requires_action"
        assert charge.action_url not in repr(charge)
        assert stand_in.answer_page(charge.action_url)[:2] == (303, "http://portal.example/paid/")
        assert psp.find_charge(charge_id=charge.id).state == "succeeded"
        assert len(stand_in.charges()) == 1

    def test_is_not_charged_when_its_holder_refuses(self, customer, stand_in):
        charge = customer.pays(customer.adds("4000000000003220"), off_session=False, return_url="http://portal.example/paid/")
        assert stand_in.answer_page(charge.action_url, "refuse")[0] == 303
        found = psp.find_charge(charge_id=charge.id)
        assert (found.state, found.decline_code) == ("failed", "payment_intent_authentication_failure")
        assert stand_in.charges() == []

    def test_asks_once_only_if_it_was_confirmed_when_it_was_added(self, customer):
        assert customer.pays(customer.adds("4000002500003155")).state == "succeeded"

    def test_needs_an_address_to_come_back_to(self, customer):
        method = customer.adds()
        with pytest.raises(psp.Refused, match="return_url"):
            customer.pays(method, off_session=False)

    def test_can_be_given_up_while_it_waits_and_not_later(self, customer):
        charge = customer.pays(customer.adds("4000002760003184"), off_session=False, return_url="http://portal.example/paid/")
        given_up = psp.cancel(charge_id=charge.id)
        assert (given_up.state, given_up.decline_code) == ("failed", "canceled")
        with pytest.raises(psp.Refused, match="payment_intent_unexpected_state"):
            psp.cancel(charge_id=charge.id)


class TestABankAccount:
    @pytest.mark.parametrize(("number", "currency"), [("000123456789", "USD"), ("DE89370400440532013000", "EUR")])
    def test_is_charged_days_later(self, customer, stand_in, number, currency):
        charge = customer.pays(customer.adds(number, "bank_account", currency), currency=currency)
        assert (charge.state, stand_in.charges()) == ("processing", [])
        assert stand_in.control("settle") == {"settled": 1}
        assert psp.find_charge(charge_id=charge.id).state == "succeeded"
        assert len(stand_in.charges()) == 1

    @pytest.mark.parametrize(
        ("number", "currency", "code"),
        [
            ("000111111113", "USD", "account_closed"),
            ("000111111116", "USD", "no_account"),
            ("000222222227", "USD", "insufficient_funds"),
            ("000333333335", "USD", "debit_not_authorized"),
            ("DE62370400440532013001", "EUR", "generic_could_not_process"),
        ],
    )
    def test_fails_days_later_with_the_banks_reason(self, customer, stand_in, number, currency, code):
        charge = customer.pays(customer.adds(number, "bank_account", currency), currency=currency)
        assert charge.state == "processing"
        stand_in.control("settle")
        found = psp.find_charge(charge_id=charge.id)
        assert (found.state, found.decline_code) == ("failed", code)
        assert stand_in.charges() == []

    def test_never_asks_for_a_confirmation(self, customer):
        method = customer.adds("000123456789", "bank_account")
        charge = customer.pays(method, off_session=False, return_url="http://portal.example/paid/")
        assert (charge.state, charge.action_url) == ("processing", "")

    def test_may_never_answer(self, customer, stand_in):
        charge = customer.pays(customer.adds("000000000009", "bank_account"))
        assert stand_in.control("settle") == {"settled": 0}
        assert psp.find_charge(charge_id=charge.id).state == "processing"


class TestTheList:
    def test_has_all_charges_of_the_customer_the_newest_first(self, customer, stand_in):
        method = customer.adds()
        made = [customer.pays(method, key=f"invoice-{number}").id for number in range(103)]  # more than a page
        other = psp.ensure_customer(provider_id=NORTHWIND, name="Other", email="o@o.example", idempotency_key="other")
        assert [found.id for found in customer.charges()] == made[::-1]
        assert psp.find_charges(customer=other, since=datetime(2020, 1, 1, tzinfo=UTC)) == []

    def test_begins_at_the_instant_that_is_named(self, customer, stand_in):
        method = customer.adds()
        customer.pays(method, key="before")
        stand_in.control("configure", clock=3600)
        late = customer.pays(method, key="after")
        assert [found.id for found in customer.charges(late.created_at)] == [late.id]
        assert customer.charges(late.created_at + timedelta(seconds=1)) == []

    def test_has_what_was_declined_with_its_reason(self, customer):
        method = customer.adds("4000000000000341")
        with pytest.raises(psp.Declined):
            customer.pays(method)
        assert [(found.state, found.decline_code) for found in customer.charges()] == [("failed", "generic_decline")]

    def test_is_refused_for_nobody(self, stand_in):
        with pytest.raises(psp.Refused, match="resource_missing"):
            psp.find_charge(charge_id="pi_0")


class TestARefund:
    def refund(self, charge, amount, key):
        return psp.refund(
            charge_id=charge.id, amount=Decimal(amount), currency=charge.currency, idempotency_key=key, metadata={"portal": key}
        )

    def test_gives_back_a_part_and_then_the_rest(self, customer, stand_in):
        charge = customer.pays(customer.adds())
        first, second = self.refund(charge, "2.50", "a"), self.refund(charge, "10", "b")
        assert (first.state, first.amount, first.currency, first.charge_id) == ("succeeded", Decimal("2.50"), "USD", charge.id)
        assert [(found.id, found.metadata) for found in psp.find_refunds(charge_id=charge.id)] == [
            (second.id, {"portal": "b"}),
            (first.id, {"portal": "a"}),
        ]
        assert [(one["amount_refunded"], one["refunded"]) for one in stand_in.charges()] == [(1250, True)]

    def test_happens_once_with_the_same_key(self, customer):
        charge = customer.pays(customer.adds())
        assert self.refund(charge, "1", "a") == self.refund(charge, "1", "a")
        assert len(psp.find_refunds(charge_id=charge.id)) == 1

    def test_is_refused_beyond_what_was_charged(self, customer):
        charge = customer.pays(customer.adds())
        with pytest.raises(psp.Refused, match="amount_too_large"):
            self.refund(charge, "12.51", "a")
        assert psp.find_refunds(charge_id=charge.id) == []

    def test_is_refused_for_what_was_never_charged(self, customer):
        charge = customer.pays(customer.adds("000123456789", "bank_account"))
        with pytest.raises(psp.Refused, match="charge_not_refundable"):
            self.refund(charge, "1", "a")
