"""Webhooks as they go out: signed, tried again, once when they got through; and what becomes of an endpoint that fails."""

import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.test import override_settings
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from accounts.models import AuditEvent
from accounts.roles import Role
from msp_portal.lib.outbox import sweep
from tests.usage.receiver import drip_until, hold_until, receiver, redirect_to
from tests.usage.webhooks import SECRET, endpoint
from usage import webhook_call
from usage.actions.sending_webhooks import claim, deliver, forget_deliveries
from usage.actions.webhook_deliveries import replay_delivery
from usage.actions.webhook_endpoints import rotate_secret
from usage.actions.webhooks import announce
from usage.bounds import WEBHOOK_LEASE, WEBHOOK_TRIES_MAX
from usage.models import WebhookAttempt, WebhookDelivery

pytestmark = pytest.mark.django_db

NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture
def northwind(cast):
    return cast.northwind


class Clock:
    """The worker's clock, which only the test moves."""

    def __init__(self):
        self.at = timezone.now()

    def __call__(self):
        return self.at

    def pass_(self, **time):
        self.at += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


def tell(msp, clock, **data):
    """One event; the delivery that it made last."""
    assert announce("cap.changed", data or {"cap": 5}, provider=msp.provider, at=clock()) > 0
    return WebhookDelivery.objects.order_by("pk").last()


def outcomes(delivery):
    delivery.refresh_from_db()
    return [attempt.status or attempt.error for attempt in delivery.attempts.order_by("at", "pk")], delivery.state


def deliver_for(clock, **time):
    """Let the worker run for so long, each time that something is due."""
    ends_at = clock.at + timedelta(**time)
    while clock.at < ends_at:
        deliver(clock)
        due = WebhookDelivery.objects.in_state("waiting").order_by("due_at").values_list("due_at", flat=True).first()
        clock.at = max(clock.at + timedelta(minutes=1), due or ends_at)


class TestADelivery:
    def test_verifies_with_the_public_library(self, northwind, clock):
        with receiver() as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock, cap=5, name="Zoë")
            assert deliver(clock) == 1
        [(path, headers, body)] = there.got
        assert path == "/hook?of=northwind"
        assert body == delivery.body
        assert headers["webhook-id"] == delivery.message_id
        assert Webhook(SECRET).verify(body, headers)["data"] == {"cap": 5, "name": "Zoë"}
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body.replace("5", "6"), headers)
        assert outcomes(delivery) == ([200], "delivered")
        attempt = delivery.attempts.get()
        assert (attempt.answer, attempt.signature) == ("<b>taken</b>", headers["webhook-signature"])
        assert attempt.milliseconds is not None

    def test_that_fails_twice_gets_there_at_the_third_try_and_once(self, northwind, clock):
        with receiver(500, 503, 200) as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            deliver_for(clock, minutes=30)
        assert outcomes(delivery) == ([500, 503, 200], "delivered")
        assert there.ids() == [delivery.message_id] * 3
        assert [(headers["webhook-signature"], body) for _, headers, body in there.got].count(there.got[0]) <= 1
        assert len({headers["webhook-timestamp"] for _, headers, _ in there.got}) == 3

    def test_is_signed_with_the_former_secret_too_for_a_day(self, northwind, clock):
        with receiver() as there:
            hook = endpoint(northwind.provider, there.url)
            _hook, new = rotate_secret(endpoint=hook, by=northwind.owner, at=clock())
            for hours in (0, 25):
                clock.pass_(hours=hours)
                tell(northwind, clock)
                deliver(clock)
        during, after = (headers["webhook-signature"].split() for _path, headers, _body in there.got)
        assert (len(during), len(after)) == (2, 1)
        for secret in (SECRET, new):
            assert Webhook(secret).verify(there.got[0][2], there.got[0][1])

    def test_follows_no_redirect(self, northwind, clock):
        with receiver() as elsewhere, receiver(redirect_to(elsewhere.url)) as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            deliver(clock)
        assert outcomes(delivery) == ([307], "waiting")
        assert elsewhere.got == []

    def test_looks_anew_at_where_it_goes(self, northwind, clock):
        """The address was fine when it was saved, and is none any more."""
        with receiver() as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            with override_settings(LOOPBACK=False):
                deliver(clock)
        assert outcomes(delivery) == (["not_https"], "waiting")
        assert there.got == []

    def test_does_not_go_out_unsigned(self, northwind, clock):
        with receiver() as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            with override_settings(WEBHOOK_KEYS=(Fernet.generate_key().decode(),)):
                deliver(clock)
        assert outcomes(delivery) == (["secret_lost"], "waiting")
        assert there.got == []

    def test_is_given_up_after_nearly_four_days(self, northwind, clock):
        endpoint(northwind.provider, NOWHERE)
        delivery = tell(northwind, clock)
        deliver_for(clock, days=4)
        assert outcomes(delivery) == (["not_reached"] * WEBHOOK_TRIES_MAX, "failed")

    def test_whose_worker_died_is_tried_again_and_not_for_ever(self, northwind, clock):
        hook = endpoint(northwind.provider, NOWHERE)
        delivery = tell(northwind, clock)
        for _ in range(WEBHOOK_TRIES_MAX):
            assert claim(clock()) is not None
            assert claim(clock()) is None, "one call at a time"
            clock.pass_(seconds=WEBHOOK_LEASE.total_seconds())
        assert claim(clock()) is None
        assert outcomes(delivery) == ([""] * WEBHOOK_TRIES_MAX, "failed")
        hook.refresh_from_db()
        assert hook.busy_until is None

    def test_is_forgotten_after_a_month(self, northwind, clock):
        endpoint(northwind.provider, NOWHERE)
        tell(northwind, clock)
        deliver(clock)
        clock.pass_(days=30)
        assert forget_deliveries(clock()) == 0
        clock.pass_(seconds=1)
        assert forget_deliveries(clock()) == 1
        assert not WebhookAttempt.objects.exists()


class TestAReplay:
    def test_sends_the_same_message_with_a_new_timestamp(self, northwind, clock):
        with receiver() as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            deliver(clock)
            clock.pass_(minutes=2)
            replay_delivery(delivery=delivery, by=northwind.owner, at=clock())
            deliver(clock)
            deliver(clock)
        (_, first, body), (_, again, same) = there.got
        assert (first["webhook-id"], body) == (again["webhook-id"], same)
        assert int(again["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 120
        assert Webhook(SECRET).verify(same, again)
        assert outcomes(delivery) == ([200, 200], "delivered")

    def test_begins_a_new_series_where_it_was_given_up(self, northwind, clock):
        with receiver(500) as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            WebhookDelivery.objects.update(tries=WEBHOOK_TRIES_MAX - 1)
            deliver(clock)
            assert outcomes(delivery) == ([500], "failed")
            replay_delivery(delivery=delivery, by=northwind.owner, at=clock())
            deliver_for(clock, minutes=15)
        assert outcomes(delivery) == ([500] * 4, "waiting")


class TestManyEndpoints:
    def test_a_slow_one_keeps_no_other_waiting(self, northwind, cast, clock):
        """The slow one answers only after the other provider's three events arrived."""
        done = threading.Event()
        with receiver(hold_until(done)) as slow, receiver() as quick:
            endpoint(northwind.provider, slow.url)
            endpoint(cast.bluefin.provider, quick.url)
            for _ in range(3):
                tell(northwind, clock)
                tell(cast.bluefin, clock)
            quick.answers = [200, 200, lambda handler: (handler.send_response(200), handler.end_headers(), done.set())]
            assert deliver(clock) == 6
        assert len(quick.got) == 3
        assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}

    def test_one_that_drips_is_cut(self, northwind, clock, monkeypatch):
        monkeypatch.setattr(webhook_call, "LIMITS", webhook_call.LIMITS.__class__(connect=1, call=0.3, answer=100))
        done = threading.Event()
        with receiver(drip_until(done)) as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            deliver(clock)
            done.set()
        assert outcomes(delivery) == (["too_slow"], "waiting")

    def test_of_a_long_answer_the_beginning_is_kept(self, northwind, clock):
        with receiver(
            lambda handler: (handler.send_response(200), handler.end_headers(), handler.wfile.write(b"\0x" * 4000))
        ) as there:
            endpoint(northwind.provider, there.url)
            delivery = tell(northwind, clock)
            deliver(clock)
        assert outcomes(delivery) == ([200], "delivered")
        assert delivery.attempts.get().answer == "\ufffdx" * 1000

    def test_one_that_fails_gets_one_call_a_minute_whatever_waits(self, northwind, clock):
        endpoint(northwind.provider, NOWHERE)
        for _ in range(5):
            tell(northwind, clock)
        assert [deliver(clock), deliver(clock)] == [1, 0]
        clock.pass_(minutes=1)
        assert deliver(clock) == 1

    def test_a_paused_one_gets_nothing_until_it_is_resumed(self, northwind, clock):
        with receiver() as there:
            hook = endpoint(northwind.provider, there.url)
            tell(northwind, clock)
            hook.pause(by_name="Ada", at=clock())
            assert deliver(clock) == 0
            hook.resume()
            assert deliver(clock) == 1
        assert len(there.got) == 1


class TestAnEndpointThatFails:
    def fail(self, northwind, clock, **time):
        tell(northwind, clock)
        deliver(clock)
        clock.pass_(**time)
        tell(northwind, clock)
        deliver(clock)
        sweep(clock)

    def test_for_a_day_is_told_of_once(self, northwind, clock):
        hook = endpoint(northwind.provider, NOWHERE, description="Ticket bridge")
        self.fail(northwind, clock, hours=23)
        assert mail.outbox == []
        self.fail(northwind, clock, hours=2)
        self.fail(northwind, clock, hours=2)
        told = {address for message in mail.outbox for address in message.to}
        may = (Role.ADMINISTRATOR_WITH_BILLING, Role.ADMINISTRATOR)
        assert told == {northwind.by_role[role].email for role in may}
        assert len(mail.outbox) == len(told)
        assert "Ticket bridge" in mail.outbox[0].subject
        assert f"/account/webhooks/{hook.pk}/" in mail.outbox[0].body
        hook.refresh_from_db()
        assert hook.is_active

    def test_for_five_days_is_paused_and_told_of(self, northwind, clock):
        hook = endpoint(northwind.provider, NOWHERE)
        self.fail(northwind, clock, days=5)
        hook.refresh_from_db()
        assert hook.was_paused_by_the_portal
        assert {message.subject for message in mail.outbox} == {f"The webhook “{hook}” was paused"}
        assert AuditEvent.objects.filter(action="usage.webhook.paused", actor_kind="system").count() == 1

    def test_and_says_that_it_is_gone_is_paused_at_once(self, northwind, clock):
        with receiver(410) as there:
            hook = endpoint(northwind.provider, there.url)
            tell(northwind, clock)
            deliver(clock)
        hook.refresh_from_db()
        assert hook.was_paused_by_the_portal

    def test_is_forgiven_by_one_success(self, northwind, clock):
        with receiver(500, 200) as there:
            hook = endpoint(northwind.provider, there.url)
            tell(northwind, clock)
            deliver(clock)
            hook.refresh_from_db()
            assert hook.is_failing
            deliver_for(clock, minutes=3)
        hook.refresh_from_db()
        assert (hook.is_failing, hook.held_until) == (False, None)
