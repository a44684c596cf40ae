"""Webhooks that should not be: refused or without effect, noted, and never a page that breaks."""

import json
import time
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Provider
from billing.actions import webhooks
from billing.actions.webhooks import TRIES_MAX, work_inbox
from billing.models import Charge, Payment, WebhookEvent
from tests.billing.paying import bills, charge, later, listen, method_of, now
from tests.races.test_webhooks import deliver
from tests.services.stand_in import WEBHOOK_SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(stand_in, db):
    """A charge that succeeded."""
    provider = Provider.objects.create(name="Northwind MSP")
    return charge(bills(provider)[0], method_of(provider, stand_in))


@pytest.fixture
def under_way(stand_in, db):
    """A bank debit whose end is not known."""
    provider = Provider.objects.create(name="Northwind MSP")
    return charge(bills(provider)[0], method_of(provider, stand_in, "000123456789", "bank_account"))


def success_of(made, event_id="evt_1", **other):
    """The event that a charge succeeded, with what differs."""
    intent = {
        "object": "payment_intent",
        "id": made.psp_id,
        "status": "succeeded",
        "amount": 1250,
        "currency": "usd",
        "customer": made.provider.billing_account.psp_customer,
        "created": int(time.time()),
        "metadata": {"portal_charge": made.pk},
        **other,
    }
    return event("payment_intent.succeeded", intent, event_id)


def event(kind, about, event_id="evt_1"):
    body = {"object": "event", "id": event_id, "type": kind, "created": int(time.time()), "data": {"object": about}}
    return json.dumps(body)


def outcomes():
    work_inbox(now)
    return list(WebhookEvent.objects.order_by("pk").values_list("outcome", flat=True))


class TestTheAddress:
    @pytest.mark.parametrize(
        ("secret", "ahead", "answer"),
        [(WEBHOOK_SECRET, 0, 204), ("whsec_other", 0, 400), (WEBHOOK_SECRET, -400, 400), (WEBHOOK_SECRET, 400, 400)],
        ids=["signed", "another secret", "old", "of the future"],
    )
    def test_takes_only_what_was_signed_just_now(self, paid, secret, ahead, answer):
        assert deliver(success_of(paid), secret, at=time.time() + ahead) == answer
        assert WebhookEvent.objects.count() == (answer == 204)

    @pytest.mark.parametrize("body", ["", "{}", "[]", "null", '{"object": "event", "id": "evt_1"}', "\x00"])
    def test_refuses_what_is_no_event_although_it_is_signed(self, stand_in, body):
        assert deliver(body) == 400

    @pytest.mark.parametrize("odd", [
        {"event_id": "evt_\x00"}, {"event_id": "evt_\ud800"}, {"event_id": "evt_" + "x" * 300},
        {"kind": "x.\x00"}, {"kind": "x.\ud800"}, {"about": {"name": "\x00"}}, {"about": {"name": "\ud800"}},
        {"about": {"name": float("nan")}}, {"about": {"name": float("inf")}},
    ], ids=repr)  # fmt: skip
    def test_refuses_what_no_table_can_hold_although_it_is_signed(self, stand_in, odd):
        assert deliver(event(**{"kind": "x.y", "about": {"object": "x"}, **odd})) == 400
        assert WebhookEvent.objects.count() == 0

    def test_refuses_what_is_nested_too_deeply_to_be_read(self, stand_in):
        assert deliver("[" * 100_000) == 400

    def test_refuses_what_carries_no_signature(self, client, stand_in):
        assert client.post(reverse("webhook-payments"), "{}", content_type="application/json").status_code == 400

    def test_is_closed_without_a_secret(self, paid, settings):
        settings.PSP_WEBHOOK_SECRETS = []
        assert deliver(success_of(paid)) == 400

    def test_takes_either_secret_during_a_rotation(self, paid, settings):
        settings.PSP_WEBHOOK_SECRETS = ["whsec_new", "whsec_stand_in"]
        assert deliver(success_of(paid, "evt_1"), "whsec_new") == 204
        assert deliver(success_of(paid, "evt_2")) == 204

    def test_refuses_more_than_it_can_hold(self, stand_in):
        assert deliver(event("x", {"much": "x" * 1_100_000})) == 413


class TestAnEvent:
    @pytest.mark.parametrize("wrong", [
        {"amount": 1249}, {"currency": "eur"}, {"customer": "cus_other"}, {"customer": None}, {"id": "pi_other"},
    ], ids=lambda wrong: " ".join(wrong))  # fmt: skip
    def test_that_does_not_fit_is_refused(self, under_way, wrong):
        deliver(success_of(under_way, **wrong))
        assert outcomes() == ["refused"]
        assert (Charge.objects.get().state, Payment.objects.count()) == ("processing", 0)

    def test_that_fits_is_applied(self, under_way):
        deliver(success_of(under_way))
        assert outcomes() == ["applied"]
        assert Charge.objects.get().state == "succeeded"

    def test_of_how_a_charge_began_does_not_end_it(self, under_way, stand_in):
        """Before the bank is asked a charge looks like one that failed. If it counted as that, a backup would be charged beside it."""
        assert [row["body"] for row in stand_in.events() if "payment_intent.created" in row["body"]]
        listen(stand_in)
        assert Charge.objects.get().state == "processing"
        assert WebhookEvent.objects.get(kind="payment_intent.created").outcome == "ignored"

    def test_of_another_providers_charge_names_its_own_customer_or_is_refused(self, under_way, stand_in):
        other = Provider.objects.create(name="Bluefin IT")
        theirs = charge(bills(other)[0], method_of(other, stand_in))
        deliver(success_of(under_way, customer=theirs.provider.billing_account.psp_customer))
        assert outcomes() == ["refused"]

    @pytest.mark.parametrize(
        "kind", ["payment_intent.succeeded", "refund.created", "charge.dispute.created", "charge.refunded", "x.y"]
    )
    def test_about_nothing_of_ours_has_no_effect(self, stand_in, kind):
        about = {"object": kind.split(".")[0], "id": "x_1", "status": "succeeded", "amount": 1, "currency": "usd", "created": 1}
        if kind.startswith("charge.dispute"):
            about["object"] = "dispute"
        deliver(event(kind, about))
        assert outcomes() == ["ignored"]

    def test_that_it_was_paid_after_it_was_refunded_changes_nothing(self, paid):
        refund = {
            "object": "refund",
            "id": "re_1",
            "payment_intent": paid.psp_id,
            "status": "succeeded",
            "amount": 1250,
            "currency": "usd",
        }
        deliver(event("refund.created", refund, "evt_1"))
        deliver(success_of(paid, "evt_2"))
        assert outcomes() == ["applied", "applied"]
        assert sorted(Payment.objects.values_list("amount", flat=True)) == [Decimal("-12.5"), Decimal("12.5")]

    def test_that_more_goes_back_than_came_is_refused(self, paid):
        refund = {
            "object": "refund",
            "id": "re_1",
            "payment_intent": paid.psp_id,
            "status": "succeeded",
            "amount": 1251,
            "currency": "usd",
        }
        deliver(event("refund.created", refund))
        assert outcomes() == ["refused"]
        assert Payment.objects.count() == 1

    def test_that_can_not_be_read_waits_and_is_put_aside_in_the_end(self, stand_in):
        deliver(event("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_1"}))
        for tries in range(1, TRIES_MAX):
            assert (work_inbox(later(minutes=tries**2)), WebhookEvent.objects.get().tries) == (0, tries)
        assert work_inbox(later(minutes=TRIES_MAX**2)) == 0
        assert WebhookEvent.objects.get().outcome == "refused"

    def test_that_failed_is_not_tried_again_at_once_however_often_the_worker_is_asked(self, stand_in):
        deliver(event("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_1"}))
        for _ in range(TRIES_MAX):
            work_inbox(now)
        assert (WebhookEvent.objects.get().tries, outcomes()) == (1, [""])

    def test_that_fails_keeps_no_other_waiting(self, under_way):
        deliver(event("payment_intent.succeeded", {"object": "payment_intent", "id": "pi_1"}, "evt_0"))
        deliver(success_of(under_way, "evt_1"))
        assert outcomes() == ["", "applied"]

    def test_leaves_nothing_of_its_body_once_it_is_applied_and_goes_in_time(self, under_way):
        deliver(success_of(under_way))
        outcomes()
        assert WebhookEvent.objects.get().body == {}
        assert webhooks.forget(later(days=89)()) == 0
        assert webhooks.forget(later(days=91)()) == 1
