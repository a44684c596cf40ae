"""The daily course of a month of one organization: beside its 13 months on its page and in the dialog of its cap, and as a file."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest
from accounts.listings import Listing, organization_csv
from accounts.roles import Permission
from msp_portal.lib.periods import last_day_of, month_written, written_month
from usage.models import BillingMonth, Seats
from usage.queries.days import days_of
from usage.queries.marks import Marks, marks_of, marks_of_month, present_month
from usage.queries.months import marks_by_month


@organization_csv(permission=Permission.SEE_USAGE)
def days_csv(request: OrganizationRequest, month: date) -> Listing:
    """The month's days, of users and of devices."""
    seats, present = Seats.objects.as_of(request.at).get(pk=request.organization.pk), present_month(request.provider, request.at)
    marks = marks_of_month(seats, month, present, request.at)
    if marks is None:
        raise Http404
    users, devices = (days_of(seats.pk, marks, request.at, devices=each) for each in (False, True))
    header = [_("Day"), _("Time zone"), _("Most users"), _("Users at its end"), _("Most devices"), _("Devices at its end")]
    rows = [
        [day.day, marks.calendar.time_zone, day.highest, day.last, other.highest, other.last]
        for day, other in zip(users, devices, strict=True)
    ]
    name = f"{request.organization.name} {written_month(month)} {_('days')}.csv"
    return Listing(name, header, rows)


def course_of(request: OrganizationRequest, seats: Seats, present: BillingMonth) -> dict[str, Any]:
    """`months` and `course`: the 13 months of marks, and the days of the month that `?month=` names, else of the present one."""
    every = marks_of(seats, present, request.at)
    asked = month_asked(request)
    place = next((number for number, marks in enumerate(every) if marks.calendar.month == asked), 0)
    marks = every[place]
    days = days_of(seats.pk, marks, request.at)
    course = {
        "days": [{"day": day.day, "value": day.highest, "note": day.last} for day in days],
        "places": last_day_of(marks.calendar.month).day,
        "calendar": marks.calendar,
        "here": request.path,
        "earlier": _month_of(every[place + 1 : place + 2]),
        "later": _month_of(every[place - 1 : place] if place else []),
    }
    return {"months": marks_by_month(seats.pk, every, request.path), "course": course}


def month_asked(request: HttpRequest) -> date | None:
    """The month that `?month=` names; None for none, or for what is no month."""
    try:
        return month_written(request.GET.get("month", ""))
    except ValueError:
        return None


def _month_of(marks: Sequence[Marks]) -> date | None:
    return marks[0].calendar.month if marks else None
