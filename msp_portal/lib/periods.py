"""Months as first days: stepping between them, saying them and reading them out of addresses."""

from calendar import monthrange
from datetime import date

from django.utils import formats


def month_of(day: date) -> date:
    """The first day of the month that `day` is in."""
    return day.replace(day=1)


def months_later(month: date, count: int) -> date:
    """The first day of the month `count` months after `month` (before, if negative)."""
    years, place = divmod(month.month - 1 + count, 12)
    return date(month.year + years, place + 1, 1)


def last_day_of(month: date) -> date:
    """The last day of the month that `month` is in."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def month_in_zone(month: date, zone: str) -> str:
    """`March 2026 (America/Denver)`: a month is told with the zone it is cut in."""
    return f"{formats.date_format(month, 'YEAR_MONTH_FORMAT')} ({zone})"


def written_month(month: date) -> str:
    """`2026-03`"""
    return f"{month:%Y-%m}"


def month_written(text: str) -> date:
    """The first day of the month `2026-03`.

    :raises ValueError: for what is none.
    """
    return date.fromisoformat(f"{text}-01")


class MonthConverter:
    """`<month:month>` in a URL pattern: `2026-03`. What is no month is no address of ours (404)."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return month_written(value)

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else written_month(value)
