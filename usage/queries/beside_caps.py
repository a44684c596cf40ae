"""What stands beside the caps of the Usage table: dates that a cap has, and requests for seats that wait. One statement for both."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from django.db.models import DateTimeField, IntegerField, QuerySet, TextField, Value

from usage.models import CapChange
from usage.models.seat_request import SeatRequestQuerySet
from usage.queries.cap_changes import what_follows

DATES: Final = ("user_cap", "former_cap", "begins_at", "ends_at", "begun_at")
NO_DATES: Final = (
    *(Value(None, output_field=IntegerField()) for _column in range(2)),
    *(Value(None, output_field=DateTimeField()) for _column in range(3)),
)


@dataclass(frozen=True)
class BesideCaps:
    """By organization: what follows its cap, in words; the id of its waiting request and the seats asked for."""

    follows: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, tuple[str, int]] = field(default_factory=dict)


def beside_caps(
    changes: QuerySet[CapChange], requests: SeatRequestQuerySet, organizations: Iterable[str], zone: str
) -> BesideCaps:
    """The dates of the caps of `organizations`, and every request that waits."""
    nothing = Value("", output_field=TextField()), Value(0, output_field=IntegerField())
    dated = changes.filter(over_at=None, organization_id__in=list(organizations)).values_list("organization_id", *nothing, *DATES)
    found = BesideCaps()
    for organization, request, seats, *dates in dated.union(
        requests.waiting().values_list("organization_id", "pk", "seats", *NO_DATES), all=True
    ):
        if request:
            found.waiting[organization] = (request, seats)
        else:
            found.follows[organization] = what_follows(CapChange(**dict(zip(DATES, dates, strict=True))), zone)
    return found
