"""Webhooks: whom the portal believes, and what it reads in them."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from stripe import WebhookSignature

from billing import psp
from tests.services import stand_in as stand_ins

AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
BODY = json.dumps(
    {"id": "evt_1", "object": "event", "type": "x.y", "created": 1_774_958_400, "data": {"object": {"object": "x"}}}
)


def signed(body=BODY, secret=stand_ins.WEBHOOK_SECRET, at=AT):
    return {"raw": body.encode(), "signature": WebhookSignature.generate_signature_header(body, secret, int(at.timestamp()))}


@pytest.mark.usefixtures("stand_in")
class TestASignature:
    def test_of_ours_is_believed(self):
        event = psp.read_webhook(**signed(), at=AT)
        assert (event.id, event.type, event.created, event.object) == ("evt_1", "x.y", AT, {"object": "x"})

    @pytest.mark.parametrize("secret", ["whsec_new", "whsec_old"])
    def test_of_either_secret_is_believed_during_a_rotation(self, settings, secret):
        settings.PSP_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
        assert psp.read_webhook(**signed(secret=secret), at=AT).id == "evt_1"

    def test_of_a_secret_that_was_taken_out_is_not(self, settings):
        settings.PSP_WEBHOOK_SECRETS = ["whsec_new"]
        with pytest.raises(psp.BadSignature):
            psp.read_webhook(**signed(secret="whsec_old"), at=AT)

    def test_is_not_believed_without_any_secret(self, settings):
        settings.PSP_WEBHOOK_SECRETS = []
        with pytest.raises(psp.BadSignature):
            psp.read_webhook(**signed(secret=""), at=AT)

    def test_is_not_that_of_another_body(self):
        with pytest.raises(psp.BadSignature):
            psp.read_webhook(**{**signed(), "raw": BODY.replace("evt_1", "evt_2").encode()}, at=AT)

    @pytest.mark.parametrize(
        "header",
        ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=é", "t=" + "9" * 5000 + ",v1=00", "t=1,v0=00", "nonsense", ",,,", "t=1=2,v1"],
    )
    def test_that_is_none_is_refused_and_no_fault(self, header):
        with pytest.raises(psp.BadSignature):
            psp.read_webhook(raw=BODY.encode(), signature=header, at=AT)

    def test_is_refused_for_a_body_that_is_no_text(self):
        with pytest.raises(psp.BadSignature):
            psp.read_webhook(raw=b"\xff\xfe", signature=signed()["signature"], at=AT)

    @pytest.mark.parametrize(
        "body", ["", "[]", "{}", "null", '{"id": 1}', BODY.replace('"event"', '"other"'), BODY.replace("1774958400", "1e999")]
    )
    def test_under_what_is_no_event_is_refused_and_no_fault(self, body):
        with pytest.raises(psp.BadSignature, match="no_event"):
            psp.read_webhook(**signed(body), at=AT)

    @pytest.mark.parametrize("away", [-300, 0, 300])
    def test_is_good_for_five_minutes_both_ways(self, away):
        assert psp.read_webhook(**signed(), at=AT + timedelta(seconds=away)).id == "evt_1"

    @pytest.mark.parametrize("away", [-301, 301])
    def test_is_too_old_after_that(self, away):
        with pytest.raises(psp.TooOld):
            psp.read_webhook(**signed(), at=AT + timedelta(seconds=away))

    def test_with_a_second_time_counts_by_the_first_which_is_signed(self):
        late = signed()
        late["signature"] += f",t={int(AT.timestamp()) + 3600}"
        with pytest.raises(psp.TooOld):
            psp.read_webhook(**late, at=AT + timedelta(hours=1))


def heard(stand_in, kind):
    """The events of a kind that the stand-in told, read as the portal reads them."""
    return [psp.read_webhook(**signed(told["body"]), at=AT) for told in stand_in.events() if told["event"]["type"] == kind]


def kinds(stand_in):
    return [told["event"]["type"] for told in stand_in.events()]


class TestWhatIsTold:
    def test_of_a_method_that_was_added(self, customer, stand_in):
        customer.adds()
        assert kinds(stand_in) == ["payment_method.attached", "setup_intent.succeeded", "checkout.session.completed"]

    def test_of_a_charge_that_succeeded(self, customer, stand_in):
        charge = customer.pays(customer.adds())
        assert kinds(stand_in)[-3:] == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
        assert [psp.charge_in(event) for event in heard(stand_in, "payment_intent.succeeded")] == [charge]
        assert [psp.charge_in(event) for event in heard(stand_in, "charge.succeeded")] == [None]

    def test_of_a_charge_that_was_declined(self, customer, stand_in):
        method = customer.adds("4000000000000341")
        with pytest.raises(psp.Declined):
            customer.pays(method)
        (event,) = heard(stand_in, "payment_intent.payment_failed")
        assert psp.charge_in(event).decline_code == "generic_decline"

    def test_of_a_charge_that_a_bank_settles(self, customer, stand_in):
        customer.pays(customer.adds("000123456789", "bank_account"))
        stand_in.control("settle")
        assert kinds(stand_in)[-3:] == ["payment_intent.processing", "charge.succeeded", "payment_intent.succeeded"]

    def test_of_a_refund(self, customer, stand_in):
        charge = customer.pays(customer.adds())
        refund = psp.refund(charge_id=charge.id, amount=Decimal("2.50"), currency="USD", idempotency_key="r")
        assert kinds(stand_in)[-3:] == ["refund.created", "charge.refunded", "refund.updated"]
        assert [psp.refund_in(event) for event in heard(stand_in, "refund.created")] == [refund]

    @pytest.mark.parametrize(("number", "currency"), [("000555555559", "USD"), ("DE35370400440532013002", "EUR")])
    def test_of_a_debit_that_came_back(self, customer, stand_in, number, currency):
        charge = customer.pays(customer.adds(number, "bank_account", currency), currency=currency)
        stand_in.control("settle")
        assert psp.find_charge(charge_id=charge.id).state == "succeeded"
        assert stand_in.control("return") == {"returned": 1}
        (event,) = heard(stand_in, "charge.dispute.created")
        returned = psp.return_in(event)
        assert (returned.charge_id, returned.amount, returned.currency) == (charge.id, Decimal("12.50"), currency)
        assert (returned.reason, returned.is_won) == ("insufficient_funds", False)
        assert kinds(stand_in)[-1] == "charge.dispute.closed"

    def test_of_a_chargeback_that_is_won(self, customer, stand_in):
        customer.pays(customer.adds("4000000000000259"))
        stand_in.control("return")
        (opened,) = stand_in.objects("dispute")
        stand_in.control("dispute", dispute=opened["id"], status="won")
        (event,) = heard(stand_in, "charge.dispute.closed")
        assert psp.return_in(event).is_won

    def test_of_a_card_that_got_a_new_expiry(self, customer, stand_in):
        method = customer.adds()
        stand_in.control("renew", token=method.token, exp_month=1, exp_year=2040)
        assert [event.object["card"]["exp_year"] for event in heard(stand_in, "payment_method.updated")] == [2040]

    def test_in_a_shape_of_another_version_is_read_as_far_as_it_goes(self):
        bare = {"object": "payment_intent", "id": "pi_1", "status": "succeeded", "amount": 100, "currency": "usd", "created": 0}
        read = psp.charge_in(psp.Event("evt_1", "payment_intent.succeeded", AT, bare))
        assert (read.amount, read.customer, read.metadata) == (Decimal("1.00"), "", {})

    def test_in_a_shape_that_can_not_be_read_is_unknown(self):
        with pytest.raises(psp.Unknown, match="unreadable"):
            psp.charge_in(psp.Event("evt_1", "payment_intent.succeeded", AT, {"object": "payment_intent", "id": "pi_1"}))


@pytest.fixture
def mailbox(stand_in):
    """An address that webhooks are sent to: `letters` as (signature, body); answers what `answers` says next, else 200."""

    class Box(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.letters.append((self.headers["Stripe-Signature"], body))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.end_headers()

        def log_message(self, *more):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Box) as server:
        server.letters, server.answers = [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        stand_in.control("configure", paused=True, webhook_url=f"http://127.0.0.1:{server.server_address[1]}/")
        yield server
        server.shutdown()
        thread.join()


class TestTheDelivery:
    def test_is_signed_so_that_the_portal_believes_it(self, customer, stand_in, mailbox):
        customer.adds()
        assert stand_in.control("deliver") == {"taken": 3}
        events = [
            psp.read_webhook(raw=body.encode(), signature=signature, at=datetime.now(UTC)) for signature, body in mailbox.letters
        ]
        assert [event.type for event in events] == kinds(stand_in)

    def test_is_signed_with_both_secrets_during_a_rotation(self, customer, stand_in, mailbox, settings):
        stand_in.control("configure", webhook_secrets="whsec_new,whsec_old")
        customer.adds()
        stand_in.control("deliver")
        signature, body = mailbox.letters[0]
        for secret in ("whsec_new", "whsec_old"):
            settings.PSP_WEBHOOK_SECRETS = [secret]
            assert psp.read_webhook(raw=body.encode(), signature=signature, at=datetime.now(UTC))

    def test_comes_again_until_it_is_taken(self, customer, stand_in, mailbox):
        mailbox.answers = [500, 302, 404]
        customer.adds()
        assert stand_in.control("deliver") == {"taken": 0}
        assert stand_in.control("deliver") == {"taken": 3}
        assert stand_in.control("deliver") == {"taken": 0}
        assert [(told["delivered"], told["attempts"]) for told in stand_in.events()] == [(True, 1)] * 3

    def test_happens_by_itself_unless_it_is_paused(self, customer, stand_in, mailbox):
        customer.adds()
        assert mailbox.letters == []
        stand_in.control("configure", paused=False)
        deadline = threading.Event()
        for _ in range(100):
            if len(mailbox.letters) == 3:
                break
            deadline.wait(0.1)
        assert len(mailbox.letters) == 3

    def test_can_be_made_thrice_and_shuffled_on_many_threads(self, customer, stand_in, mailbox):
        customer.pays(customer.adds())
        assert stand_in.control("deliver", times=3, shuffle=True, threads=8) == {"taken": 18}
        told = [json.loads(body)["id"] for _, body in mailbox.letters]
        assert sorted(told) == sorted([event["event"]["id"] for event in stand_in.events()] * 3)
        assert told != sorted(told)
