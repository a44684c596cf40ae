"""Many caps changed at once: what is to happen to each organization, before anything does."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from msp_portal.lib.templatetags.portal import number
from usage.models import Seats
from usage.models.seats import CapState, cap_state


class Operation(models.TextChoices):
    """What is done to each cap; `FILE` sets what a file lists."""

    SET = "set", gettext_lazy("Set to")
    RAISE = "raise", gettext_lazy("Raise by")
    USERS = "users", gettext_lazy("Present users plus")
    NONE = "none", gettext_lazy("No User Cap")
    FILE = "file", gettext_lazy("As listed in the file")


@dataclass(frozen=True)
class PlannedCap:
    """One cap to set: on the organization as it stood at `version` (`Seats.cap_version`), with the cap `former`."""

    organization_id: str
    version: str
    former: int | None
    user_cap: int | None


@dataclass(frozen=True)
class CapRow:
    """One organization in a preview: it gets `user_cap`, or stays as it is for the `reason`."""

    seats: Seats
    user_cap: int | None
    reason: str = ""

    @property
    def state(self) -> CapState:
        """Where its users stand afterwards."""
        return cap_state(self.seats.users, self.user_cap)

    @property
    def planned(self) -> PlannedCap:
        return PlannedCap(self.seats.pk, self.seats.cap_version, self.seats.user_cap, self.user_cap)


@dataclass(frozen=True)
class CapPlan:
    """The organizations that change, and those that stay with the reason of each."""

    changing: Sequence[CapRow]
    staying: Sequence[CapRow]

    @property
    def planned(self) -> list[PlannedCap]:
        return [row.planned for row in self.changing]


class Stays(Exception):
    """An organization to which the operation does nothing, and why."""


Wanted = Callable[[Seats], int | None]
"""The cap that an organization shall have.

:raises Stays: for one that it is not meant for.
"""


def plan_of(rows: Iterable[Seats], wanted: Wanted) -> CapPlan:
    """What `wanted` would do to `rows`. Writes nothing."""
    found = [_row(seats, wanted) for seats in rows]
    return CapPlan([row for row in found if not row.reason], [row for row in found if row.reason])


def wanted_by(operation: Operation, seats_number: int | None, listed: dict[str, int | None]) -> Wanted:
    """The operation as a question to each organization. `listed` are the caps of a file, by organization."""
    step = seats_number or 0
    return {
        Operation.SET: lambda seats: step,
        Operation.RAISE: lambda seats: _raised(seats, step),
        Operation.USERS: lambda seats: seats.users + step,
        Operation.NONE: lambda seats: None,
        Operation.FILE: lambda seats: listed[seats.pk],
    }[operation]


def _raised(seats: Seats, step: int) -> int:
    if seats.user_cap is None:
        raise Stays(_("It has no cap to raise."))
    return seats.user_cap + step


def _row(seats: Seats, wanted: Wanted) -> CapRow:
    if seats.closed_at:
        return CapRow(seats, seats.user_cap, _("It is closed."))
    try:
        user_cap = wanted(seats)
    except Stays as stays:
        return CapRow(seats, seats.user_cap, str(stays))
    if reason := _why_it_stays(seats, user_cap):
        return CapRow(seats, seats.user_cap, reason)
    return CapRow(seats, user_cap)


def _why_it_stays(seats: Seats, user_cap: int | None) -> str:
    if user_cap is not None and not USER_CAP_MIN <= user_cap <= USER_CAP_MAX:
        return _out_of_bounds(user_cap)
    return _("It stands so already.") if user_cap == seats.user_cap else ""


def _out_of_bounds(user_cap: int) -> str:
    bounds = {"cap": number(user_cap), "lowest": number(USER_CAP_MIN), "highest": number(USER_CAP_MAX)}
    return _("%(cap)s is no cap: those are from %(lowest)s to %(highest)s.") % bounds
