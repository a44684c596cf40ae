"""An organization's marks by month, as chart and table show them."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.urls import reverse

from msp_portal.lib.templatetags.portal import in_zone
from usage.models import BillingMonth, ClosedMonth, Seats

MONTHS_SHOWN: Final = 13


def marks_by_month(seats: Seats, month: BillingMonth, at: datetime) -> list[dict[str, Any]]:
    """Up to 13 months of users' marks, oldest first, the present one last, each with when it was reached and where it is explained.

    `seats` comes from `Seats.objects.as_of(at)`; `month` is the present one.
    """
    closed = list(ClosedMonth.objects.filter(organization_id=seats.pk).order_by("-month")[: MONTHS_SHOWN - 1])
    zones = dict(BillingMonth.objects.filter(provider_id=seats.provider_id).values_list("month", "time_zone"))
    rows = [_row(seats, row.month, row.users_mark, row.users_mark_at, zones) for row in reversed(closed)]
    if seats.month_ends_at <= at:  # the month has turned and nobody has rolled the row yet
        rows.append(_row(seats, seats.month, seats.users_mark, seats.users_mark_at, zones))
        reached_at = seats.month_ends_at
    else:
        reached_at = seats.users_mark_at
    present = _row(seats, month.month, seats.high_water_mark, reached_at, {month.month: month.time_zone})  # type: ignore[attr-defined]
    return [*rows, {**present, "is_current": True}][-MONTHS_SHOWN:]


def last_month(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)


def _row(seats: Seats, month: date, mark: int, reached_at: datetime, zones: dict[date, str]) -> dict[str, Any]:
    url = reverse("mark", args=[seats.pk, month])
    return {"month": month, "value": mark, "note": in_zone(reached_at, zones.get(month, "UTC")), "url": url}
