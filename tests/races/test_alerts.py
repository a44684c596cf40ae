"""Sixteen writers around several thresholds while workers look and tell: each crossing fires once, and none is missed."""

from collections import Counter
from itertools import count
from threading import Event, Lock

import pytest
from django.utils import timezone

from msp_portal.lib.models import OutboxMessage
from tests import raw
from tests.cast import client
from tests.usage.webhooks import endpoint
from usage.actions.finding_alerts import find_crossings
from usage.actions.telling_alerts import tell_crossings
from usage.models import AlertBookmark, AlertCrossing, AlertMail, AlertRule, CapEvent, SeatEvent, WebhookDelivery
from usage.queries.ledger import settled_event
from usage.webhook_data import ALERTS

WRITERS, WORKERS = 16, 2
CAP, LOWER_CAP = 18, 14
PERCENTS = (30, 50, 70, 90, 110)
KINDS = ["near_limit", "limit_reached"]
REMOVE = "delete from usage_user where organization_id = %s and user_name = %s"
SET_CAP = "update usage_seats set user_cap = %s where organization_id = %s"
numbers = count(1)


@pytest.fixture
def turns(full):
    return 60 if full else 6


@pytest.fixture
def house(cast, committed):
    """Two users under a cap, five shares of it watched beside the usual alerts, and a webhook that listens to them; what the cast did before is
    nobody's news."""
    endpoint(cast.northwind.provider, types=ALERTS.values())
    made = client(cast.northwind.provider, "House of Comings and Goings", users=2, user_cap=CAP)
    for percent in PERCENTS:
        AlertRule.objects.create(
            provider=cast.northwind.provider, kind="cap_share", percent=percent, to_billing=True, since=timezone.now()
        )
    AlertBookmark.objects.update(event=settled_event())
    return made


@pytest.fixture
def race(committed, house, turns):
    """Let the writers add and remove their users, and one of them change the cap, while workers look; what went wrong."""

    def run(look=WORKERS):
        writers = [committed.connect("web", autocommit=True) for _ in range(WRITERS)]
        at_work, lock, over = [WRITERS], Lock(), Event()

        def write(connection, place):
            try:
                for turn in range(turns):
                    step(connection, house.organization, f"w{place}t{turn}", place, turn)
            finally:
                with lock:
                    at_work[0] -= 1
                    if not at_work[0]:
                        over.set()

        def follow():
            while not over.is_set():
                sweep()

        calls = [lambda c=c, p=p: write(c, p) for p, c in enumerate(writers)]
        return committed.together([*calls, *[follow] * look])

    return run


def step(connection, organization, name, place, turn):
    """A user comes and goes; what is refused at the cap is refused. The first writer lowers and raises the cap besides."""
    raw.try_to_add(connection, organization, name)
    if place == 0:
        with raw.scope(connection, organization.provider_id):
            connection.execute(SET_CAP, [LOWER_CAP if turn % 2 else CAP, organization.pk])
    with raw.scope(connection, organization.provider_id):
        connection.execute(REMOVE, [organization.pk, name])


def sweep():
    find_crossings()
    tell_crossings(at=timezone.now())


def threshold(kind, percent, cap):
    return {"near_limit": cap - 10, "limit_reached": cap}.get(kind) or -(-cap * (percent or 0) // 100)


def crossed(organization):
    """What the history itself says: each threshold that was crossed, and when for the first time. Told without a line of what is tested."""
    events = [(e.pk, e.at, e.count_after - e.delta, e.count_after, None) for e in organization.seatevents.filter(kind="user")]
    events += [(c.pk, c.at, c.users, c.users, c) for c in CapEvent.objects.filter(organization=organization)]
    begun = AlertRule.objects.filter(kind="cap_share").order_by("since")[0].since
    cap, first = None, {}
    for _pk, at, before, after, change in sorted(events, key=lambda event: event[0]):
        former, cap = cap, change.cap_after if change else cap
        if cap is None:
            continue
        for kind, percent in [*((kind, None) for kind in KINDS), *(("cap_share", percent) for percent in PERCENTS)]:
            from_below = former is None or before < threshold(kind, percent, former)
            is_there = after >= threshold(kind, percent, cap) and (kind != "near_limit" or after < cap)
            if from_below and is_there and at >= begun:
                first.setdefault((kind, percent, threshold(kind, percent, cap)), at)
    return first


def fired(organization):
    rows = AlertCrossing.objects.filter(organization=organization)
    return Counter((row.kind, row.percent, row.threshold) for row in rows)


class TestARaceOfWritersAndWorkers:
    def test_fires_each_crossing_once_and_misses_none(self, cast, committed, house, race):
        assert race() == [None] * (WRITERS + WORKERS)
        sweep()
        expected = crossed(house.organization)
        assert len(expected) >= 6, "the writers came over the thresholds"
        assert SeatEvent.objects.filter(organization=house.organization).count() > 100
        assert fired(house.organization) == Counter(expected.keys())
        for row in AlertCrossing.objects.filter(organization=house.organization):
            assert row.at == expected[row.kind, row.percent, row.threshold]
            assert row.told_at is not None
        mails = Counter(AlertMail.objects.values_list("crossing_id", "email"))
        assert mails == Counter((row.pk, cast.northwind.owner.email) for row in AlertCrossing.objects.all())
        put = Counter(pk for message in OutboxMessage.objects.filter(kind="alert") for pk in message.payload["mails"])
        assert put == Counter(AlertMail.objects.values_list("pk", flat=True))
        announced = Counter(WebhookDelivery.objects.values_list("about", flat=True))
        assert announced == Counter(AlertCrossing.objects.values_list("pk", flat=True))

    def test_loses_nothing_while_no_worker_looks(self, house, race):
        assert race(look=0) == [None] * WRITERS
        assert not AlertCrossing.objects.exists()
        sweep()
        assert fired(house.organization) == Counter(crossed(house.organization).keys())

    def test_fires_again_and_again_without_the_one_row_a_month(self, committed, house, race):
        """The control."""
        committed.connect("owner", autocommit=True).execute("drop index once_a_crossing_and_month")
        race(look=0)
        sweep()
        assert max(fired(house.organization).values()) > 1


class TestOneCrossing:
    def test_told_by_many_workers_at_once_is_told_once(self, committed, house):
        house.cap(2)
        find_crossings()
        number = AlertCrossing.objects.untold().count()
        assert number >= 2
        told = committed.together([lambda: tell_crossings(at=timezone.now())] * 8)
        assert sum(told) == number
        assert WebhookDelivery.objects.count() == number
        assert AlertMail.objects.count() == number

    def test_looked_for_by_many_workers_at_once_is_found_once(self, committed, house):
        house.cap(2)
        found = committed.together([find_crossings] * 8)
        assert sum(found) == AlertCrossing.objects.count() > 0
