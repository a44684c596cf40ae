"""What can be done with directory users. The gate of the database counts; these verbs word its refusals and write the audit log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Organization
from msp_portal.lib.rules import RuleBroken
from usage.gate import seat_gate
from usage.models import RemovedUser, User


class UserNameTaken(RuleBroken):
    """The organization has a user of this name already; case does not tell two names apart."""

    message = _("A user of this name already exists in the organization. Choose another user name.")
    code = "user_name_taken"
    field = "user_name"


class AlreadyThere(RuleBroken):
    message = _("The user is in that organization already. Nothing was changed.")
    code = "user_already_there"
    field = "organization"


@transaction.atomic
def add_user(
    *,
    organization: Organization,
    user_name: str,
    email: str,
    first_name: str,
    last_name: str,
    state: User.State = User.State.ACTIVE,
    by: Actor,
    at: datetime,
) -> User:
    """Add a user in `state`, who takes a seat whichever it is.

    :raises UserCapReached, ProviderSuspended, OrganizationClosed: by the gate, with nothing written.
    :raises UserNameTaken: as the database found it, so two at once can't both have the name.
    """
    with one_user_a_name(organization), seat_gate():
        user = User.objects.create(
            provider_id=organization.provider_id,
            organization=organization,
            user_name=user_name,
            email=email,
            first_name=first_name,
            last_name=last_name,
            state=state,
            suspended_at=at if state == User.State.SUSPENDED else None,
        )
    audit.record(by, "usage.user.added", user, at=at, email=email)
    return user


@transaction.atomic
def edit_user(*, user: User, user_name: str, email: str, first_name: str, last_name: str, by: Actor, at: datetime) -> User:
    """Change who the user is; seat and state stay. The log notes what each changed field was and is.

    :raises UserNameTaken: when another user of the organization has the name.
    """
    wanted = {"user_name": user_name, "email": email, "first_name": first_name, "last_name": last_name}
    changes = {field: [getattr(user, field), value] for field, value in wanted.items() if getattr(user, field) != value}
    if not changes:
        return user
    for field in changes:
        setattr(user, field, wanted[field])
    with one_user_a_name(user.organization):
        user.save(update_fields=list(changes))
    user.refresh_from_db(fields=["name"])
    audit.record(by, "usage.user.edited", user, at=at, changes=changes)
    return user


@transaction.atomic
def suspend_user(*, user: User, by: Actor, at: datetime) -> User:
    """Suspend a user of a locked row; one already suspended stays as he is. The seat stays taken."""
    if not user.is_suspended:
        user.suspend(at=at)
        audit.record(by, "usage.user.suspended", user, at=at)
    return user


@transaction.atomic
def reactivate_user(*, user: User, by: Actor, at: datetime) -> User:
    """Make a suspended user of a locked row active again, at a full house too: he never gave up his seat."""
    if user.is_suspended:
        user.activate()
        audit.record(by, "usage.user.reactivated", user, at=at)
    return user


@transaction.atomic
def activate_user(*, user: User, by: Actor, at: datetime) -> User:
    """Make the user of a locked row active, whether staged or suspended; his seat is his already."""
    if user.is_staged:
        user.activate()
        audit.record(by, "usage.user.activated", user, at=at)
    return reactivate_user(user=user, by=by, at=at)


@transaction.atomic
def remove_user(*, user: User, by: Actor, at: datetime) -> None:
    """Remove the user of a locked row and free the seat. The ledger and the log keep the name; for a while the removal can be undone
    (usage/actions/removed_users.py).
    """
    audit.record(by, "usage.user.removed", user, at=at, email=user.email)
    take_away([user], by_name=str(by or ""), at=at)


def take_away(users: Sequence[User], *, by_name: str, at: datetime) -> None:
    """Remove users of locked rows, all in one statement through the gate, and keep what restoring them needs."""
    kept = [RemovedUser.of(user, by_name=by_name, at=at) for user in users]
    RemovedUser.objects.bulk_create(kept, ignore_conflicts=True)  # the console removes without a lock, so perhaps twice
    User.objects.filter(pk__in=[user.pk for user in users]).delete()


@transaction.atomic
def move_user(*, user: User, organization: Organization, by: Actor, at: datetime) -> User:
    """Move the user of a locked row to another organization of the same provider: a seat is taken there and freed here, in one statement.
    An invitation that waits goes along.

    :raises UserCapReached, ProviderSuspended, OrganizationClosed: by the gate of the other organization, with nothing written.
    :raises UserNameTaken: when it has a user of the name.
    :raises AlreadyThere: someone was faster.
    """
    former = user.organization
    with one_user_a_name(organization), seat_gate(), connection.cursor() as cursor:
        cursor.execute("select usage_move_users(%s, %s)", [[user.pk], organization.pk])
        moved = cursor.fetchone()[0]
    if not moved:
        raise AlreadyThere
    user.organization = organization
    audit.record(by, "usage.user.moved_away", user, organization_id=former.pk, at=at, to=organization.name)
    audit.record(by, "usage.user.moved", user, at=at, former=former.name)
    return user


@contextmanager
def one_user_a_name(organization: Organization) -> Iterator[None]:
    """Word the refusal of the database's unique index.

    :raises UserNameTaken: at the field.
    """
    try:
        yield
    except IntegrityError as fault:
        if getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None) != "one_user_a_name":
            raise
        raise UserNameTaken(organization_id=organization.pk) from fault
