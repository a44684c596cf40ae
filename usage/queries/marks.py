"""What an organization reached month by month, users and devices, and where a provider's present month lies."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection

from accounts.models import Provider
from msp_portal.lib.periods import months_later
from usage.models import BillingMonth, ClosedMonth, Seats

TO_COME: Final = """
    with newest as (  -- the last month that is over; none before anything has happened
        select max(m.month) as month, max(m.ends_at) as ends_at from usage_billingmonth m
        where m.provider_id = %(provider)s and m.ends_at <= %(at)s
    ), present as (
        select greatest(date_trunc('month', %(at)s at time zone %(zone)s), newest.month + interval '1 month') as month from newest
    )
    select p.month::date,
           case when p.month = n.month + interval '1 month' then n.ends_at else p.month at time zone %(zone)s end,
           (p.month + interval '1 month') at time zone %(zone)s
    from present p cross join newest n
"""


@dataclass(frozen=True)
class Marks:
    """What was reached in one month: what was carried in, the mark, and when it was first reached. A closed month never changes any more."""

    calendar: BillingMonth
    is_closed: bool
    users_carried: int
    users_mark: int
    users_mark_at: datetime
    devices_carried: int
    devices_mark: int
    devices_mark_at: datetime


def present_month(provider: Provider, at: datetime) -> BillingMonth:
    """The billing month that `at` falls in, with its boundaries. Before anything has happened in it there is no row of it yet: then an
    unsaved one, as `usage_month_at` will make it."""
    found = BillingMonth.objects.filter(provider_id=provider.pk, starts_at__lte=at, ends_at__gt=at).first()
    if found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(TO_COME, {"provider": provider.pk, "at": at, "zone": provider.time_zone})
        month, starts_at, ends_at = cursor.fetchone()
    return BillingMonth(provider=provider, month=month, time_zone=provider.time_zone, starts_at=starts_at, ends_at=ends_at)


def marks_of(seats: Seats, month: BillingMonth, at: datetime) -> list[Marks]:
    """The organization's marks by month, newest first; two statements.

    `seats` comes from `Seats.objects.as_of(at)`; `month` is the present one.
    """
    calendar = {row.month: row for row in BillingMonth.objects.filter(provider_id=seats.provider_id)}
    found = [_present(seats, month, at)]
    if seats.month_ends_at <= at:  # the month has turned and nobody has rolled the row yet
        found.append(_marks(seats, calendar[seats.month], is_closed=False))
    closed = ClosedMonth.objects.filter(organization_id=seats.pk).order_by("-month")
    return found + [_marks(row, calendar[row.month], is_closed=True) for row in closed]


def marks_of_month(seats: Seats, month: date, present: BillingMonth, at: datetime) -> Marks | None:
    """The organization's marks of `month`; None if it did not exist then. As `marks_of`, whose `month` is `present` here."""
    return next((marks for marks in marks_of(seats, present, at) if marks.calendar.month == month), None)


def mark_at(seats: Seats, month: BillingMonth, at: datetime, *, devices: bool = False) -> datetime:
    """When the present month's mark was first reached: at its beginning where the row has not rolled into it yet."""
    if seats.month_ends_at <= at:
        return month.starts_at
    return seats.devices_mark_at if devices else seats.users_mark_at


def last_device_mark(seats: Seats, month: BillingMonth, at: datetime) -> int | None:
    """The devices' mark of the month before the present one, as `as_of` has the users'; None if the organization did not exist then."""
    if seats.month_ends_at > at:
        return seats.last_devices_mark
    return seats.devices_mark if seats.month == months_later(month.month, -1) else seats.devices


def _present(seats: Seats, month: BillingMonth, at: datetime) -> Marks:
    is_rolled = seats.month_ends_at > at
    return Marks(
        calendar=month,
        is_closed=False,
        users_carried=seats.users_carried if is_rolled else seats.users,
        users_mark=seats.high_water_mark,  # type: ignore[attr-defined]  # of `as_of`
        users_mark_at=mark_at(seats, month, at),
        devices_carried=seats.devices_carried if is_rolled else seats.devices,
        devices_mark=seats.device_high_water_mark,  # type: ignore[attr-defined]
        devices_mark_at=mark_at(seats, month, at, devices=True),
    )


def _marks(row: Seats | ClosedMonth, calendar: BillingMonth, *, is_closed: bool) -> Marks:
    return Marks(
        calendar=calendar,
        is_closed=is_closed,
        users_carried=row.users_carried,
        users_mark=row.users_mark,
        users_mark_at=row.users_mark_at,
        devices_carried=row.devices_carried,
        devices_mark=row.devices_mark,
        devices_mark_at=row.devices_mark_at,
    )
