"""Invitations whose time is over: the staged users are removed and their seats are free again, however long the worker slept."""

from datetime import datetime
from functools import partial
from typing import Final

import structlog
from django.db import OperationalError

from accounts import audit
from accounts.audit import Actor
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.each import each
from usage.actions.users import take_away
from usage.bounds import USER_INVITATIONS_EXPIRED_AT_ONCE
from usage.models import User, UserInvitation

log = structlog.get_logger(__name__)

NOBODY: Final[Actor] = None
BY: Final = "Expired invitation"
"""Who removed the user, as the ledger and the list of removed users say it."""


def expire_invitations(*, at: datetime) -> int:
    """Remove every user whose invitation ended by `at` without an answer; how many. However often or doubled this runs, each goes once."""
    with tenancy.system("invitations of users that expired"):
        found = UserInvitation.objects.overdue(at).order_by("provider_id").values_list("provider_id", flat=True)
        providers = list(found.distinct())
    return sum(each(providers, partial(_expire_at, at=at), failed="Invitations that could not be ended"))


def forget_invitations(at: datetime) -> int:
    """Remove invitations that were answered or void long ago; how many."""
    with tenancy.system("invitations of users of long ago"):
        return UserInvitation.objects.forgotten(at).delete()[0]


def _expire_at(provider_id: str, *, at: datetime) -> int:
    """Those of one provider, so many in a transaction; how many."""
    expired = 0
    try:
        while step := _expire_some(provider_id, at):
            expired += step
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        log.warning("usage.invitations.busy", provider=provider_id)  # the next minute tries again
    return expired


def _expire_some(provider_id: str, at: datetime) -> int:
    """One step; how many. What was renewed or accepted before the lock came is seen by the query after it."""
    with tenancy.scope(provider_id, actor=BY):
        held = _hold(at)
        still = set(UserInvitation.objects.overdue(at).filter(user__in=held).values_list("user_id", flat=True))
        gone = [user for user in held if user.pk in still]
        for user in gone:
            audit.record(NOBODY, "usage.user.invitation_expired", user, at=at, email=user.email)
        take_away(gone, by_name=BY, at=at)
    return len(gone)


def _hold(at: datetime) -> list[User]:
    """Users whose invitations seem to be over, locked; those whom someone else holds are passed over until the next minute."""
    rows = User.objects.filter(invitation__in=UserInvitation.objects.overdue(at)).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",), skip_locked=True)[:USER_INVITATIONS_EXPIRED_AT_ONCE])
