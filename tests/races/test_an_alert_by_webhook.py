"""The whole way of an alert: sixteen writers race to a cap, workers find the crossing and tell of it, and a receiver that fails twice takes it."""

import json
from threading import Event, Lock

import pytest
import time_machine
from standardwebhooks.webhooks import Webhook

from accounts.emails import portal_url
from tests import raw
from tests.cast import client
from tests.usage.receiver import receiver
from tests.usage.test_webhook_sending import Clock, deliver_for, outcomes
from tests.usage.webhooks import SECRET, endpoint
from usage.actions.sending_webhooks import deliver
from usage.models import AlertBookmark, AlertCrossing, AlertRule, SeatEvent, WebhookDelivery
from usage.queries.ledger import settled_event
from usage.tasks import watch_alerts

WRITERS, WORKERS, TURNS = 16, 2, 4
CAP = 8
REMOVE = "delete from usage_user where organization_id = %s and user_name = %s"


@pytest.fixture
def house(cast, committed):
    """Under a cap that is watched by the usual alert, which tells by webhook alone; what the cast did before is nobody's news."""
    made = client(cast.northwind.provider, "House of Comings and Goings", users=2, user_cap=CAP)
    AlertRule.objects.exclude(kind="limit_reached").delete()
    AlertRule.objects.update(by_email=False)
    AlertBookmark.objects.update(event=settled_event())
    portal_url("usage")  # loads every address once; within the race the other worker would wait for it
    return made.organization


@pytest.fixture
def race(committed, house):
    """Let writers fill the house and leave it again and again, the last of them for good, while workers look; the number of crossings told of."""

    def run():
        writers = [committed.connect("web", autocommit=True) for _ in range(WRITERS)]
        at_work, lock, over = [WRITERS], Lock(), Event()

        def write(connection, place):
            try:
                for turn in range(TURNS):
                    come_and_go(connection, house, f"w{place}t{turn}")
            finally:
                with lock:
                    at_work[0] -= 1
                    if not at_work[0]:
                        over.set()

        def work():
            told = 0
            while not over.is_set():
                told += watch_alerts()
            return told

        calls = [lambda c=c, p=p: write(c, p) for p, c in enumerate(writers)]
        ended = committed.together([*calls, *[work] * WORKERS])
        assert ended[:WRITERS] == [None] * WRITERS
        return sum(ended[WRITERS:]) + watch_alerts()

    return run


def come_and_go(connection, house, name):
    raw.try_to_add(connection, house, name)
    with raw.scope(connection, house.provider_id):
        connection.execute(REMOVE, [house.pk, name])


def times_reached(house):
    return SeatEvent.objects.filter(organization=house, kind="user", delta=1, count_after=CAP).count()


def test_is_taken_once_at_the_third_try(cast, committed, house, race):
    with receiver(500, 503, 200) as there:
        endpoint(cast.northwind.provider, there.url)
        assert race() == 1
        assert times_reached(house) > 1, "the cap was reached again and again"
        crossing, delivery = AlertCrossing.objects.get(), WebhookDelivery.objects.get()
        clock = Clock()
        deliver_for(clock, minutes=30)
        assert outcomes(delivery) == ([500, 503, 200], "delivered")
        assert (watch_alerts(), deliver(clock)) == (0, 0)
        deliver_for(clock, days=5)
    assert there.ids() == [delivery.message_id] * 3
    for _path, headers, body in there.got:
        with time_machine.travel(int(headers["webhook-timestamp"])):
            told = Webhook(SECRET).verify(body, headers)
        assert (told["type"], told["data"]["crossing"], told["data"]["count"]) == ("alert.limit_reached", crossing.pk, CAP)
        assert told["data"]["organization"] == {"id": house.pk, "name": house.name}
        assert told == json.loads(delivery.body)
    assert (AlertCrossing.objects.count(), WebhookDelivery.objects.count(), delivery.attempts.count()) == (1, 1, 3)
    assert (crossing.webhooks, delivery.about) == (1, crossing.pk)
