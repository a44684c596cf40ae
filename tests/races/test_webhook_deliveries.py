"""Several workers at the same instant: each event goes out once, and an endpoint gets one call at a time."""

import threading
from collections import Counter

from django.db import connections
from django.utils import timezone

from tests.usage.receiver import receiver
from tests.usage.webhooks import endpoint
from usage.actions.sending_webhooks import LOCK, deliver, send
from usage.actions.webhooks import announce
from usage.models import WebhookAttempt, WebhookDelivery

WORKERS = 4
EVENTS = 12


class Crowd:
    """How many calls a receiver had at once, at most."""

    def __init__(self):
        self.lock, self.inside, self.most = threading.Lock(), 0, 0

    def answer(self, handler):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        handler.send_response(200)
        with self.lock:
            self.inside -= 1
        handler.end_headers()


def work():
    try:
        return send(timezone.now)
    finally:
        connections.close_all()


def test_each_event_goes_to_each_endpoint_once(committed, cast):
    crowd = Crowd()
    with receiver(crowd.answer) as one, receiver(200) as other:
        endpoint(cast.northwind.provider, one.url)
        endpoint(cast.bluefin.provider, other.url)
        for number in range(EVENTS):
            for msp in (cast.northwind, cast.bluefin):
                announce("cap.changed", {"number": number}, provider=msp.provider, at=timezone.now())
        made = committed.together([work] * WORKERS)
    assert sum(made) == 2 * EVENTS, made
    for there in (one, other):
        assert Counter(there.ids()).most_common(1)[0][1] == 1
        assert len(there.ids()) == EVENTS
    assert crowd.most == 1
    assert set(WebhookDelivery.objects.values_list("state", "tries")) == {("delivered", 1)}
    assert WebhookAttempt.objects.filter(status=200).count() == 2 * EVENTS


def test_an_event_that_waits_is_claimed_by_one(committed, cast):
    with receiver(200) as there:
        endpoint(cast.northwind.provider, there.url)
        announce("cap.changed", {}, provider=cast.northwind.provider, at=timezone.now())
        assert sorted(committed.together([work] * WORKERS)) == [0] * (WORKERS - 1) + [1]
    assert len(there.got) == 1


def test_one_process_sends_while_the_others_do_something_else(committed, cast):
    with receiver(200) as there:
        endpoint(cast.northwind.provider, there.url)
        announce("cap.changed", {}, provider=cast.northwind.provider, at=timezone.now())
        sender = committed.connect("system", autocommit=True)
        sender.execute("select pg_advisory_lock(%s)", [LOCK])
        assert deliver(timezone.now) == 0
        sender.execute("select pg_advisory_unlock(%s)", [LOCK])
        assert deliver(timezone.now) == 1
        assert deliver(timezone.now) == 0
    assert len(there.got) == 1
