"""Marks against a count minute by minute, written without any of our code: random histories of users and devices across both changes of clocks."""

from collections import namedtuple
from datetime import timedelta
from functools import cache
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.usage.history import add, add_devices, clock, new_organization, new_provider, remove, seats, utc
from usage.actions.licence_totals import roll_months
from usage.models import BillingMonth, ClosedMonth, Device, SeatEvent
from usage.queries.marks import marks_of
from usage.queries.why import why

pytestmark = pytest.mark.django_db

ZONES = ["UTC", "America/Denver", "Europe/Berlin", "Pacific/Auckland", "Asia/Kathmandu"]
# The clocks of Denver, Berlin and Auckland change within each, on 8 and 29 March and 5 April, on 27 September, 25 October and 1 November.
SPANS = {"spring": (utc(2026, 2, 20, 13), utc(2026, 4, 12)), "autumn": (utc(2026, 9, 20, 13), utc(2026, 11, 8))}
MINUTE = timedelta(minutes=1)
KINDS = ("user", "device")
Month = namedtuple("Month", ["carried", "mark", "at"])


@cache
def local_months(zone, span):
    """The month that each minute of the span falls in there."""
    starts, ends = SPANS[span]
    instants = (starts + MINUTE * number for number in range((ends - starts) // MINUTE))
    return [instant.astimezone(ZoneInfo(zone)).date().replace(day=1) for instant in instants]


@cache
def edges(zone, span):
    """The minutes at which a month turns there, or the clock jumps, each with its neighbours."""
    starts, ends = SPANS[span]
    months = local_months(zone, span)
    offsets = [(starts + MINUTE * number).astimezone(ZoneInfo(zone)).utcoffset() for number in range((ends - starts) // MINUTE)]
    turns = [n for n in range(1, len(months)) if (months[n], offsets[n]) != (months[n - 1], offsets[n - 1])]
    return [turn + step for turn in turns for step in (-60, -1, 0, 1, 60)]


@st.composite
def histories(draw):
    """A zone, a span, and what happens in its minutes: at most one statement of each kind in a minute."""
    zone, span = draw(st.sampled_from(ZONES)), draw(st.sampled_from(list(SPANS)))
    minutes = st.integers(1, len(local_months(zone, span)) - 1) | st.sampled_from(edges(zone, span))
    events = st.tuples(minutes, st.sampled_from(KINDS), st.integers(-6, 6).filter(bool))
    return zone, span, sorted(draw(st.lists(events, min_size=1, max_size=14, unique_by=lambda event: event[:2])))


class TestEveryMark:
    def test_is_that_of_a_count_by_the_minute_and_re_adds_from_the_ledger(self, full):
        examples = []

        @settings(max_examples=300 if full else 12)
        @given(histories())
        def holds(history):
            zone, span, events = history
            client, played = play(zone, span, events)
            expected = {kind: counted(zone, span, played[kind]) for kind in KINDS}
            assert self.told(client, SPANS[span][1] - MINUTE) == expected
            examples.append(zone)

        holds()
        assert len(examples) >= 12

    def test_is_missed_by_a_count_in_another_zone(self):
        """The control: counted in Berlin, a user who came in Denver's last hours of March falls into April."""
        minute = (utc(2026, 4, 1, 5) - SPANS["spring"][0]) // MINUTE
        client, played = play("America/Denver", "spring", [(minute, "user", 3)])
        told = self.told(client, SPANS["spring"][1] - MINUTE)["user"]
        assert told == counted("America/Denver", "spring", played["user"])
        assert told != counted("Europe/Berlin", "spring", played["user"])

    def told(self, client, at):
        """What the portal says of each month, each mark with as many present as the ledger names."""
        with clock(at):
            assert roll_months(at=at) == 0
        row, present = seats(client, at), BillingMonth.objects.get(provider=client.provider, starts_at__lte=at, ends_at__gt=at)
        assert ClosedMonth.objects.filter(organization=client).exists()
        found = {kind: {} for kind in KINDS}
        for marks in marks_of(row, present, at):
            for kind in KINDS:
                reason = why(row, marks.calendar.month, SeatEvent.Kind(kind), present, at)
                assert reason.present().count() == reason.mark
                found[kind][marks.calendar.month] = Month(reason.carried_in, reason.mark, reason.at)
        return found


def play(zone, span, events):
    """An organization with that history, and what of it could be done: `kind → [(minute, count after)]`."""
    starts, _ends = SPANS[span]
    client = new_organization(new_provider(zone=zone), at=starts, users=5)
    played = {"user": [(0, 5)], "device": [(0, 0)]}
    for minute, kind, delta in events:
        count = played[kind][-1][1]
        delta = max(delta, -count)
        if delta:
            with clock(starts + MINUTE * minute):
                CHANGE[kind, delta > 0](client, abs(delta))
            played[kind].append((minute, count + delta))
    return client, played


def remove_devices(organization, number):
    leaving = Device.objects.filter(organization=organization).order_by("-pk").values_list("pk", flat=True)[:number]
    Device.objects.filter(pk__in=list(leaving)).delete()


CHANGE = {
    ("user", True): add,
    ("user", False): remove,
    ("device", True): add_devices,
    ("device", False): remove_devices,
}


def counted(zone, span, history):
    """Each month's marks, minute after minute: what was there before its first minute, the highest count, and the minute that first had it."""
    starts, after = SPANS[span][0], dict(history)
    count, found = 0, {}
    for month, minutes in groupby(enumerate(local_months(zone, span)), key=lambda minute: minute[1]):
        carried = mark = count
        at = None
        for number, _month in minutes:
            count = after.get(number, count)
            if at is None or count > mark:
                mark, at = max(mark, count), starts + MINUTE * number
        found[month] = Month(carried, mark, at)
    return found
