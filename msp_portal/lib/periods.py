"""Months as first days: stepping between them and saying them."""

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
