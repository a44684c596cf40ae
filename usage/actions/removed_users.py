"""Undoing a removal: what a user was is kept for a while, and restored under the same id through the same gate as any newcomer."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken
from usage.actions.users import one_user_a_name
from usage.gate import seat_gate
from usage.models import RemovedUser, User


class NotRemovedAnyMore(RuleBroken):
    """Restored by someone else, or removed too long ago."""

    message = _("Someone restored this user meanwhile, or the time to undo the removal is over. Nothing was changed.")
    code = "user_not_removed"


@transaction.atomic
def restore_user(*, removed: RemovedUser, by: Actor, at: datetime) -> User:
    """The same user again, in the state of before; takes a seat like any other.

    :raises NotRemovedAnyMore: someone was faster, or it is too late.
    :raises UserCapReached, ProviderSuspended, OrganizationClosed: by the gate, with nothing written.
    :raises UserNameTaken: when the organization has another user of the name by now.
    """
    rows = RemovedUser.objects.kept(at).filter(pk=removed.pk)
    row = rows.select_related("organization").first()
    if row is None or not rows.delete()[0]:  # of two at once the second waits here, and finds nothing
        raise NotRemovedAnyMore
    user = row.as_user()
    with one_user_a_name(row.organization), seat_gate():
        user.save(force_insert=True)
    audit.record(by, "usage.user.restored", user, at=at, email=user.email, removed_at=row.removed_at)
    return user


@transaction.atomic
def erase_removed(*, removed: RemovedUser, by: Actor, at: datetime) -> None:
    """Erase at once what is kept of a removed user; the removal can't be undone any more. Ledger and log keep their entries.

    :raises NotRemovedAnyMore: restored or erased meanwhile.
    """
    if not RemovedUser.objects.filter(pk=removed.pk).delete()[0]:
        raise NotRemovedAnyMore
    audit.record(by, "usage.user.erased", removed, at=at)


def forget_removed(at: datetime) -> int:
    """Erase what was kept of users who were removed long ago; how many."""
    with tenancy.system("users removed long ago"):
        return RemovedUser.objects.forgotten(at).delete()[0]
