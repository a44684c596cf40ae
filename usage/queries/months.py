"""An organization's marks by month, as chart and table show them."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.urls import reverse

from msp_portal.lib.periods import written_month
from msp_portal.lib.templatetags.portal import in_zone
from usage.queries.marks import Marks

MONTHS_SHOWN: Final = 13


def marks_by_month(organization_id: str, marks: Sequence[Marks], here: str) -> list[dict[str, Any]]:
    """Up to 13 months of users' marks, oldest first, the present one last, each with when it was reached, where it is explained, and where on
    the page `here` its days are shown.

    `marks` come from `marks_of`.
    """
    return [
        {
            "month": row.calendar.month,
            "value": row.users_mark,
            "note": in_zone(row.users_mark_at, row.calendar.time_zone),
            "url": reverse("mark", args=[organization_id, row.calendar.month]),
            "more_url": f"{here}?month={written_month(row.calendar.month)}#days",
            "is_current": row is marks[0],
        }
        for row in reversed(marks[:MONTHS_SHOWN])
    ]


def last_month(month: date) -> date:
    """The first day of the month before."""
    return (month - timedelta(days=1)).replace(day=1)
