"""Months and working hours of the sample's past."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from msp_portal.lib.periods import month_of, months_later

FRIDAY = 4


@dataclass(frozen=True)
class Window:
    """A month of the past as far as it is over: `back` months before the present one."""

    back: int
    starts_at: datetime
    ends_at: datetime

    def moments(self, random: Random, count: int, begin: float = 0.04, end: float = 0.92) -> list[datetime]:
        """`count` instants in this part of the month, in order; within working hours where there is room."""
        return sorted(self._moment(random, random.uniform(begin, end)) for _ in range(count))

    def _moment(self, random: Random, share: float) -> datetime:
        plain = self.starts_at + share * (self.ends_at - self.starts_at)
        at_work = plain.replace(hour=random.randint(8, 17), minute=random.randint(0, 59), second=random.randint(0, 59))
        if at_work.weekday() > FRIDAY:
            at_work += timedelta(days=2)
        latest = self.starts_at + 0.95 * (self.ends_at - self.starts_at)
        return at_work if self.starts_at < at_work < latest else plain


def window(zone: str, at: datetime, back: int) -> Window:
    """The month `back` months before the one that `at` is in; the present one ends at `at`."""
    month = month_back(zone, at, back)
    ends_at = at.astimezone(ZoneInfo(zone)) if back == 0 else midnight(months_later(month, 1), zone)
    return Window(back, midnight(month, zone), ends_at)


def month_back(zone: str, at: datetime, back: int) -> date:
    """The first day of that month."""
    return months_later(month_of(at.astimezone(ZoneInfo(zone)).date()), -back)


def midnight(day: date, zone: str) -> datetime:
    """The first instant of `day` in `zone`."""
    return datetime.combine(day, time(), ZoneInfo(zone))
