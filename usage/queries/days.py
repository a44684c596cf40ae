"""A month day by day, from the seat ledger: the highest count of each day, and what was there at its end."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import TruncDate

from msp_portal.lib.periods import last_day_of
from usage.models import BillingMonth, SeatEvent
from usage.queries.marks import Marks

A_DAY = timedelta(days=1)
AN_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Day:
    """One day of an organization: the highest count at any instant of it, the one it began with included, and the last."""

    day: date
    highest: int
    last: int


def days_of(organization_id: str, marks: Marks, at: datetime, *, devices: bool = False) -> list[Day]:
    """The days of the month that `marks` are of, up to the one of `at`; one statement. The highest of them is the month's mark.

    A day is the one on a wall calendar in the month's zone, 23 or 25 hours long where the clocks change. Where a changed zone lets the month
    begin or end inside a neighbour's day, those hours count to its own first or last.
    """
    first, last = _span(marks.calendar, at)
    of_days: dict[date, list[tuple[int, int]]] = {}
    for day, highest, change in _changes(organization_id, marks.calendar, devices=devices):
        of_days.setdefault(min(max(day, first), last), []).append((highest, change))
    count = marks.devices_carried if devices else marks.users_carried
    found = []
    for number in range((last - first).days + 1):
        changed = of_days.get(first + number * A_DAY, [])
        highest = max([count, *(top for top, _change in changed)])
        count += sum(change for _top, change in changed)
        found.append(Day(first + number * A_DAY, highest, count))
    return found


def _span(month: BillingMonth, at: datetime) -> tuple[date, date]:
    zone = ZoneInfo(month.time_zone)
    first = max(month.month, month.starts_at.astimezone(zone).date())
    newest = min(at, month.ends_at - AN_INSTANT).astimezone(zone).date()
    return first, max(first, min(newest, last_day_of(month.month)))


def _changes(organization_id: str, month: BillingMonth, *, devices: bool) -> QuerySet[SeatEvent, tuple[date, int, int]]:
    """Of each day on which someone came or went: the highest count after one of its events, and what they add up to."""
    kind = SeatEvent.Kind.DEVICE if devices else SeatEvent.Kind.USER
    events = SeatEvent.objects.filter(organization_id=organization_id, kind=kind, at__gte=month.starts_at, at__lt=month.ends_at)
    by_day = events.annotate(day=TruncDate("at", tzinfo=ZoneInfo(month.time_zone))).values("day")
    return by_day.annotate(highest=Max("count_after"), change=Sum("delta")).values_list("day", "highest", "change")
