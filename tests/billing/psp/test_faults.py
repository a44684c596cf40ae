"""When the payment provider fails: what is unknown stays one charge, whatever is done next."""

import json
import re
import urllib.error
import urllib.request

import pytest

from billing import psp
from billing.psp.client import client_for
from tests.services import stand_in as stand_ins
from tests.services.together import together

CHARGES = "POST /v1/payment_intents"
BEFORE = ("drop_before", "500_before")
AFTER = ("drop_after", "500_after")
HEARD = dict.fromkeys(("drop_before", "drop_after"), "no answer") | dict.fromkeys(("500_before", "500_after"), "500")


class TestAnAnswerThatNeverCame:
    @pytest.mark.parametrize("fault", AFTER)
    def test_leaves_one_charge_that_is_found_by_our_metadata(self, customer, stand_in, fault):
        method = customer.adds()
        stand_in.fault(fault, CHARGES)
        with pytest.raises(psp.Unknown, match=HEARD[fault]):
            customer.pays(method)
        assert [(found.state, found.metadata["portal_attempt"]) for found in customer.charges()] == [("succeeded", "invoice-1")]
        assert len(stand_in.charges()) == 1

    @pytest.mark.parametrize("fault", BEFORE)
    def test_leaves_none_where_nothing_was_done(self, customer, stand_in, fault):
        method = customer.adds()
        stand_in.fault(fault, CHARGES)
        with pytest.raises(psp.Unknown, match=HEARD[fault]):
            customer.pays(method)
        assert customer.charges() == []
        assert stand_in.charges() == []

    @pytest.mark.parametrize("fault", BEFORE + AFTER)
    def test_is_given_again_for_the_same_key_and_charges_once(self, customer, stand_in, fault):
        method = customer.adds()
        stand_in.fault(fault, CHARGES)
        with pytest.raises(psp.Unknown):
            customer.pays(method)
        assert customer.pays(method).state == "succeeded"
        assert len(stand_in.charges()) == 1

    def test_is_unknown_when_it_comes_too_late(self, customer, stand_in, settings):
        method = customer.adds()
        settings.PSP_TIMEOUT = 0.2
        stand_in.fault("delay:5", CHARGES)
        with pytest.raises(psp.Unknown):
            customer.pays(method)
        settings.PSP_TIMEOUT = 15.0
        assert [found.state for found in customer.charges()] == ["succeeded"]

    def test_is_unknown_while_the_first_call_of_a_key_is_on_its_way(self, customer, stand_in, settings):
        method = customer.adds()
        settings.PSP_TIMEOUT = 0.2
        stand_in.fault("delay:5", CHARGES)
        with pytest.raises(psp.Unknown):
            customer.pays(method)
        settings.PSP_TIMEOUT = 15.0
        with pytest.raises(psp.Unknown, match="409"):
            customer.pays(method)
        assert len(stand_in.charges()) == 1

    def test_is_a_decline_again_when_it_was_one(self, customer, stand_in):
        method = customer.adds("4000000000000341")
        stand_in.fault("drop_after", CHARGES)
        with pytest.raises(psp.Unknown):
            customer.pays(method)
        with pytest.raises(psp.Declined, match="generic_decline"):
            customer.pays(method)
        assert len(stand_in.charges("failed")) == 1

    def test_is_unknown_for_a_refund_too_which_is_found(self, customer, stand_in):
        charge = customer.pays(customer.adds())
        stand_in.fault("drop_after", "POST /v1/refunds")
        with pytest.raises(psp.Unknown):
            psp.refund(charge_id=charge.id, amount=charge.amount, currency="USD", idempotency_key="r", metadata={"n": "1"})
        assert [found.metadata for found in psp.find_refunds(charge_id=charge.id)] == [{"n": "1"}]

    def test_is_unknown_where_nobody_listens(self, customer, settings):
        method = customer.adds()
        settings.PSP_API_BASE = "http://127.0.0.1:9"
        with pytest.raises(psp.Unknown, match="APIConnectionError"):
            customer.pays(method)

    def test_survives_a_kill_of_the_payment_provider(self, customer, stand_in):
        method = customer.adds()
        charge = customer.pays(method)
        stand_in.process.kill()
        stand_in.process.wait()
        with pytest.raises(psp.Unknown):
            customer.pays(method, key="invoice-2")
        stand_in.start()
        assert customer.pays(method) == charge
        assert [found.id for found in customer.charges()] == [charge.id]


class TestAKey:
    def test_charges_once_for_sixteen_at_the_same_instant(self, customer, stand_in):
        method = customer.adds()
        outcomes = together([lambda: customer.pays(method)] * 16)
        assert len(stand_in.charges()) == 1
        assert {outcome.id for outcome in outcomes if not isinstance(outcome, psp.Unknown)} == {
            stand_in.charges()[0]["payment_intent"]
        }

    def test_charges_sixteen_times_when_there_are_sixteen(self, customer, stand_in):
        method = customer.adds()
        together([lambda key=f"invoice-{number}": customer.pays(method, key=key) for number in range(16)])
        assert len(stand_in.charges()) == 16

    def test_that_was_used_for_another_amount_leaves_it_unknown_as_that_one_was_charged(self, customer, stand_in):
        method = customer.adds()
        customer.pays(method)
        with pytest.raises(psp.Unknown, match="idempotency_error"):
            customer.pays(method, "99")
        assert len(stand_in.charges()) == 1

    def test_is_forgotten_after_a_day_so_that_a_reconciler_must_look_and_never_repeat(self, customer, stand_in):
        method = customer.adds()
        customer.pays(method)
        stand_in.control("configure", clock=86_400 + 60)
        customer.pays(method)
        assert len(stand_in.charges()) == 2

    def test_is_free_again_after_a_refusal(self, customer, stand_in):
        method = customer.adds()
        with pytest.raises(psp.Refused, match="resource_missing"):
            customer.pays(psp.MethodFacts(**{**vars(method), "token": "pm_0"}))
        assert customer.pays(method).state == "succeeded"

    def test_says_that_an_answer_was_given_before(self, customer, stand_in):
        def post(body):
            headers = {"Authorization": f"Bearer {stand_ins.SECRET_KEY}", "Idempotency-Key": "k"}
            request = urllib.request.Request(f"{stand_in.url}/v1/customers", body, headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.headers.get("Idempotent-Replayed"), json.loads(answer.read())

        (first, made), (second, again) = post(b"name=A"), post(b"name=A")
        assert (first, second) == (None, "true")
        assert made == again
        with pytest.raises(urllib.error.HTTPError) as refused:
            post(b"name=B")
        with refused.value as answer:
            assert (answer.code, json.loads(answer.read())["error"]["type"]) == (400, "idempotency_error")


class TestTheAdapter:
    def test_is_not_configured_without_a_secret_key(self, settings):
        settings.PSP_SECRET_KEY = ""
        assert not psp.is_configured()
        with pytest.raises(psp.Refused, match="not_configured"):
            psp.find_charge(charge_id="pi_0")

    def test_speaks_to_the_real_service_unless_told_otherwise(self):
        client = client_for("sk_test_none", "", 15)
        addresses = client._requestor._options.base_addresses
        assert addresses["api"] == "https://api.stripe.com"
        assert (
            client_for("sk_test_none", "http://127.0.0.1:1", 15)._requestor._options.base_addresses["api"] == "http://127.0.0.1:1"
        )

    def test_is_the_only_part_that_knows_the_library(self):
        knowing = {
            path.relative_to(stand_ins.ROOT).parent.as_posix()
            for app in ("msp_portal", "accounts", "usage", "billing", "payment_stand_in")
            for path in (stand_ins.ROOT / app).rglob("*.py")
            if re.search(r"^\s*(import|from) stripe\b", path.read_text(), re.MULTILINE)
        }
        assert knowing == {"billing/psp"}

    def test_is_refused_with_a_wrong_key_which_is_told_to_nobody(self, customer, settings):
        settings.PSP_SECRET_KEY = "sk_test_wrong"
        with pytest.raises(psp.Refused, match="AuthenticationError") as refused:
            customer.charges()
        assert "sk_test_wrong" not in str(vars(refused.value))

    def test_logs_no_token_no_address_and_no_key(self, customer, stand_in, caplog):
        caplog.set_level("DEBUG", logger="root")
        method = customer.adds()
        stand_in.fault("500_after", CHARGES)
        with pytest.raises(psp.Unknown) as unknown:
            customer.pays(method)
        psp.detach(token=method.token)
        assert unknown.value.__cause__ is None, "the library's error holds the whole answer"
        for secret in ("/pay/", "cs_test_", method.token, stand_ins.SECRET_KEY):
            assert secret not in caplog.text

    def test_tries_a_call_once(self, customer, stand_in):
        method = customer.adds()
        stand_in.fault("500_before", CHARGES)
        with pytest.raises(psp.Unknown):
            customer.pays(method)
        assert customer.charges() == [], "a second try would have charged"
