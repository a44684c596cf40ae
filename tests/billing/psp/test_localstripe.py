"""The adapter against localstripe, another's stand-in, for what that has: no hosted page, no keys, no filtered lists."""

import json
import os
import queue
import socket
import sys
import threading
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from billing import psp
from billing.psp.client import client
from billing.psp.reading import method_of
from setup import ports, processes
from tests.services.stand_in import PATIENCE, ROOT

pytestmark = pytest.mark.xdist_group("localstripe")
SECRET = "whsec_localstripe"


@pytest.fixture(scope="module")
def localstripe_port(tmp_path_factory):
    port = ports.any_free()
    with (tmp_path_factory.mktemp("localstripe") / "log").open("wb") as log:
        command = [sys.executable, "-W", "ignore", "-m", "tests.services.localstripe_process", str(port)]
        process = processes.start(command, log=log, env=dict(os.environ), cwd=ROOT)
    until_it_listens(port, process)
    yield port
    processes.stop(process)


def until_it_listens(port, process):
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        assert process.poll() is None, "localstripe ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.05)
    pytest.fail("localstripe does not listen")


@pytest.fixture
def localstripe(localstripe_port, settings):
    settings.PSP_SECRET_KEY = "sk_test_localstripe"
    settings.PSP_API_BASE = f"http://127.0.0.1:{localstripe_port}"
    settings.PSP_WEBHOOK_SECRETS = [SECRET]
    return settings.PSP_API_BASE


@pytest.fixture
def payer(localstripe):
    return psp.ensure_customer(provider_id="p1", name="Northwind MSP", email="b@n.example", idempotency_key="k")


def adds(payer, given):
    """A method made with numbers, which only tests have, and what the adapter reads of it."""
    made = client().v1.payment_methods.create(given)
    return method_of(client().v1.payment_methods.attach(made.id, {"customer": payer}).to_dict(), "p1")


def card(number):
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}}


def pays(payer, method, currency="USD", **more):
    given = {"off_session": True, "metadata": {"portal_attempt": "1"}, "idempotency_key": "1", **more}
    return psp.charge(customer=payer, token=method.token, kind=method.kind, amount=Decimal("12.50"), currency=currency, **given)


def test_a_card_is_read_and_charged(payer):
    method = adds(payer, card("4242424242424242"))
    assert (method.kind, method.brand, method.last4, method.customer) == ("card", "Visa", "4242", payer)
    charge = pays(payer, method)
    assert (charge.state, charge.amount, charge.currency) == ("succeeded", Decimal("12.50"), "USD")
    assert psp.find_charge(charge_id=charge.id) == charge


def test_a_declined_card_is_declined(payer):
    method = adds(payer, card("4000000000000341"))
    with pytest.raises(psp.Declined, match="card_declined"):
        pays(payer, method)


def test_a_card_whose_bank_asks_waits_for_its_holder(payer):
    charge = pays(payer, adds(payer, card("4000002760003184")))
    assert (charge.state, charge.action_url) == ("requires_action", "")
    assert psp.cancel(charge_id=charge.id).decline_code == "canceled"


def test_a_sepa_account_is_read_and_charged(payer):
    method = adds(payer, {"type": "sepa_debit", "sepa_debit": {"iban": "DE89370400440532013000"}})
    assert (method.kind, method.brand, method.last4) == ("bank_account", "37040044", "3000")
    assert pays(payer, method, "EUR").state == "succeeded"


def test_a_part_is_given_back(payer):
    charge = pays(payer, adds(payer, card("4242424242424242")))
    refund = psp.refund(charge_id=charge.id, amount=Decimal("2.50"), currency="USD", idempotency_key="r")
    assert (refund.state, refund.amount, refund.charge_id) == ("succeeded", Decimal("2.50"), charge.id)


def test_a_method_is_taken_away(payer):
    method = adds(payer, card("4242424242424242"))
    psp.detach(token=method.token)
    assert client().v1.payment_methods.retrieve(method.token).customer is None


def test_what_is_not_there_is_refused(localstripe):
    with pytest.raises(psp.Refused):
        psp.find_charge(charge_id="pi_0")


def test_its_webhooks_are_believed_and_read(payer, localstripe):
    letters = queue.Queue()

    class Box(BaseHTTPRequestHandler):
        def do_POST(self):
            letters.put((self.headers["Stripe-Signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *more):
            pass

    with HTTPServer(("127.0.0.1", 0), Box) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told = {"url": f"http://127.0.0.1:{server.server_address[1]}/", "secret": SECRET, "events": ["payment_intent.succeeded"]}
        order = urllib.request.Request(f"{localstripe}/_config/webhooks/one", json.dumps(told).encode())
        urllib.request.urlopen(order, timeout=PATIENCE).close()
        charge = pays(payer, adds(payer, card("4242424242424242")))
        heard = ""
        while heard != charge.id:  # those of earlier tests come late
            signature, raw = letters.get(timeout=PATIENCE)
            event = psp.read_webhook(raw=raw, signature=signature, at=datetime.now(UTC))
            heard = psp.charge_in(event).id
        server.shutdown()
    assert event.type == "payment_intent.succeeded"
