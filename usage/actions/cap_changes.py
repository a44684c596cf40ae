"""Caps with dates: planning them beside the present one, and doing what is due."""

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import OperationalError, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Administrator, Organization
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.rules import RuleBroken
from usage.actions.caps import set_user_cap
from usage.gate import OrganizationClosed
from usage.models import CapChange, Seats

log = structlog.get_logger(__name__)

NOBODY: Final[Actor] = None


class Term(models.TextChoices):
    """How long a cap that is set shall stand. `KEEP` leaves what is planned as it is; without a plan that is the same as `NOW`."""

    NOW = "now", _("From now on")
    DATED = "dated", _("From or until a date")
    KEEP = "keep", _("Keep what is planned")
    DROP = "drop", _("Drop what is planned: this cap stays")


class PlanChangedMeanwhile(RuleBroken):
    """What was planned for this cap is not what the form showed."""

    message = _("What is planned for this cap was changed meanwhile. Nothing was saved; please look at it again.")
    code = "cap_plan_changed"


class HasBegun(RuleBroken):
    """A cap that has begun cannot begin later."""

    message = _("The present cap has begun already. Leave this empty, or drop it first.")
    code = "cap_has_begun"
    field = "begins_at"


class NoEnd(RuleBroken):
    """A cap that returns by itself needs an end; without one it would stay, which is to be said in so many words."""

    message = _("Enter the end. If the cap shall stay for good, choose to drop what is planned.")
    code = "cap_without_end"
    field = "ends_at"


@transaction.atomic
def set_cap_for_a_time(
    *,
    organization: Organization,
    user_cap: int | None,
    term: Term,
    begins_at: datetime | None,
    ends_at: datetime | None,
    seen: str,
    by: Administrator,
    at: datetime,
) -> CapChange | None:
    """Set the cap as `set_user_cap`, and what shall happen later; what is planned then. `seen` is the id of the plan that the person was shown.

    A `DATED` cap stands from `begins_at` (None: at once) until `ends_at` (None: for good), and takes the place of what was planned.

    :raises PlanChangedMeanwhile: when another plan stands than the one seen.
    :raises HasBegun, NoEnd: when one that has begun shall begin again, or lose its end.
    :raises OrganizationClosed: a closed one has nothing to limit.
    """
    seats = Seats.objects.lock().get(pk=organization.pk)
    if seats.closed_at:
        raise OrganizationClosed(organization_id=organization.pk)
    present = CapChange.objects.open().filter(organization=organization).lock().first()
    if (present.pk if present else "") != seen:
        raise PlanChangedMeanwhile
    if term is Term.DATED:
        return _plan(organization, seats, present, user_cap=user_cap, begins_at=begins_at, ends_at=ends_at, by=by, at=at)
    set_user_cap(organization=organization, user_cap=user_cap, by=by, at=at)
    if term is Term.DROP and present:
        present.finish(CapChange.Outcome.DROPPED, at=at)
        audit.record(by, "usage.cap.dropped", organization, at=at, **_told(present))
        return None
    return present


def _plan(
    organization: Organization,
    seats: Seats,
    present: CapChange | None,
    *,
    user_cap: int | None,
    begins_at: datetime | None,
    ends_at: datetime | None,
    by: Administrator,
    at: datetime,
) -> CapChange:
    has_begun = present is not None and present.has_begun
    if has_begun and begins_at:
        raise HasBegun
    if has_begun and not ends_at:
        raise NoEnd
    former = present.former_cap if present and has_begun else seats.user_cap
    if begins_at is None:
        set_user_cap(organization=organization, user_cap=user_cap, by=by, at=at)
    if present:
        present.finish(CapChange.Outcome.REPLACED, at=at)
    planned = CapChange.objects.create(
        provider_id=organization.provider_id,
        organization=organization,
        user_cap=user_cap,
        begins_at=begins_at or at,
        ends_at=ends_at,
        planned_at=at,
        planned_by=by.name,
        begun_at=None if begins_at else at,
        former_cap=None if begins_at else former,
    )
    audit.record(by, "usage.cap.planned", organization, at=at, **_told(planned))
    return planned


def follow_cap_changes(*, at: datetime) -> int:
    """Begin and end every cap whose time has come by `at`; how many. However often, late or doubled this runs, each is done once."""
    with tenancy.system("caps that begin or end"):
        due = list(CapChange.objects.due(at).order_by("begins_at", "pk"))
    return sum(_follow(change, at) for change in due)


def _follow(change: CapChange, at: datetime) -> bool:
    """One of them, in a transaction of its own. Who comes second waits for the seats and finds it done."""
    try:
        with tenancy.scope(change.provider_id, actor=change.planned_by):
            seats = Seats.objects.lock().get(pk=change.organization_id)
            found = CapChange.objects.due(at).filter(pk=change.pk).lock().first()
            if found:
                _move_on(found, seats, at)
            return found is not None
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        log.warning("usage.cap_change.busy", change=change.pk)  # the next minute tries again
        return False


def _move_on(change: CapChange, seats: Seats, at: datetime) -> None:
    """Begin, end, or both where the worker slept over all of it."""
    if seats.closed_at:
        change.finish(CapChange.Outcome.CLOSED, at=at)
        return
    if not change.has_begun:
        change.begin(former_cap=seats.user_cap, at=at)
        _set(seats, change.user_cap, "usage.cap.begun", change, at)
    if change.ends_at and change.ends_at <= at:
        _set(seats, change.former_cap, "usage.cap.returned", change, at)
    if not change.ends_at or change.ends_at <= at:
        change.finish(CapChange.Outcome.DONE, at=at)


def _set(seats: Seats, user_cap: int | None, action: str, change: CapChange, at: datetime) -> None:
    former, seats.user_cap = seats.user_cap, user_cap
    if former != user_cap:
        seats.save(update_fields=["user_cap"])
    audit.record(NOBODY, action, seats.organization, at=at, before=former, after=user_cap, planned_by=change.planned_by)


def _told(change: CapChange) -> dict[str, Any]:
    return {"user_cap": change.user_cap, "begins_at": change.begins_at, "ends_at": change.ends_at}
