"""Inviting administrators, changing what they may do, suspending and removing them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import administrator_emails, audit
from accounts.actions import invitation
from accounts.models import Access, Administrator, ApiKey, Organization, Provider
from accounts.roles import UNLIMITED_ROLES, Role, is_within
from msp_portal.lib.rules import RuleBroken

LAST_ADMINISTRATOR = "LA001"  # accounts/migrations/0004_last_administrator.sql
ONE_PLACE = "one_place_an_email"

Inviter = Administrator | ApiKey
"""Who says who administers: one with the permission for it. What a key does is told by mail at once (docs/decisions/0011)."""


class LastAdministrator(RuleBroken):
    message = _(
        "This is the last active Administrator With Billing who reaches every organization. Give someone else that role first, so that the account is not left without one."
    )
    code = "last_administrator"


class YourOwnPlace(RuleBroken):
    message = _("Nobody changes, suspends or removes himself. Ask another Administrator With Billing.")
    code = "own_place"


class LimitedYourself(RuleBroken):
    message = _("You are limited to some organizations, so you cannot say what others may. Ask an administrator who is not.")
    code = "limited_yourself"


class AlreadyInvited(RuleBroken):
    message = _("Someone with this e-mail is an administrator here already.")
    code = "already_invited"
    field = "email"


class AlreadyRemoved(RuleBroken):
    message = _("Someone removed this administrator meanwhile.")
    code = "administrator_removed"


class RoleBeyondOwn(RuleBroken):
    message = _("Nobody gives a role that may do more than his own.")
    code = "role_beyond_own"
    field = "role"


class ReachesAll(RuleBroken):
    message = _("An Administrator With Billing always reaches every organization.")
    code = "reaches_all"
    field = "limited"


@transaction.atomic
def invite(
    *,
    provider: Provider,
    by: Inviter,
    at: datetime,
    first_name: str,
    last_name: str,
    email: str,
    role: str,
    organizations: Iterable[Organization],
    limited: bool,
    api_access: bool,
) -> Administrator:
    """Give someone a place and mail the invitation. With the role of a client's administrator the place is at the one organization given.

    :raises AlreadyInvited: when the e-mail has that place.
    :raises LimitedYourself: when the inviter is limited to some organizations.
    :raises RoleBeyondOwn, ReachesAll: when the role may not be given by this inviter, or not limited.
    """
    _lock(provider, by)
    _check_role(role, limited, by)
    given = list(organizations)
    of_a_client = role == Role.ORGANIZATION_ADMINISTRATOR
    with _one_place_an_email():
        made = Administrator.objects.create(
            provider=provider,
            organization=given[0] if of_a_client else None,
            email=email,
            first_name=first_name,
            last_name=last_name,
            role=role,
            api_access_at=at if api_access else None,
            limited_at=at if limited and not of_a_client else None,
            invited_at=at,
        )
    _give_access(made, given if limited or of_a_client else [])
    audit.record(by, "administrator.invited", made, at=at, role=role, organizations=[one.name for one in given])
    invitation.send(made, at=at)
    if isinstance(by, ApiKey):
        administrator_emails.invited_by_key(made, key=by, at=at)
    return made


@transaction.atomic
def change_place(
    *,
    administrator: Administrator,
    by: Inviter,
    at: datetime,
    role: str,
    organizations: Iterable[Organization],
    limited: bool,
    api_access: bool,
) -> None:
    """Change role, organizations and API access; all hold from the person's next request.

    :raises YourOwnPlace: nobody changes himself.
    :raises LastAdministrator: when no one would be left to administer everything.
    :raises RoleBeyondOwn, ReachesAll: as `invite`.
    """
    row = lock_other(administrator, by)
    _check_role(role, limited, by)
    before = {"role": row.role, "limited": row.is_limited, "api_access": row.api_access_at is not None}
    row.role = role
    row.limited_at = (row.limited_at or at) if limited else None
    row.api_access_at = (row.api_access_at or at) if api_access else None
    with _keeping_one():
        row.save(update_fields=["role", "limited_at", "api_access_at"])
    given = list(organizations) if limited else []
    _give_access(row, given)
    after = {"role": role, "limited": limited, "api_access": api_access}
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    audit.record(by, "administrator.changed", row, at=at, changes=changes, organizations=[one.name for one in given])


@transaction.atomic
def suspend(*, administrator: Administrator, by: Inviter, at: datetime) -> None:
    """Shut the person out of this place from the next request on.

    :raises YourOwnPlace: nobody suspends himself.
    :raises LastAdministrator: when no one would be left to administer everything.
    """
    row = lock_other(administrator, by)
    with _keeping_one():
        row.suspend(at=at)
    audit.record(by, "administrator.suspended", row, at=at)


@transaction.atomic
def restore(*, administrator: Administrator, by: Inviter, at: datetime) -> None:
    """Let a suspended one in again, with the role he had."""
    row = lock_other(administrator, by)
    row.restore()
    audit.record(by, "administrator.restored", row, at=at, role=row.role)


@transaction.atomic
def remove(*, administrator: Administrator, by: Inviter, at: datetime) -> None:
    """Take the place away for good. What the person did stays in the log under the name; keys he generated go on working.

    :raises YourOwnPlace: nobody removes himself.
    :raises LastAdministrator: when no one would be left to administer everything.
    :raises AlreadyRemoved: by someone else, meanwhile.
    """
    row = lock_other(administrator, by)
    audit.record(by, "administrator.removed", row, at=at, role=row.role, email=row.email)
    if isinstance(by, ApiKey):
        administrator_emails.removed_by_key(row, key=by, at=at)  # before it is done, so that the removed one hears of it, too
    Access.objects.filter(administrator=row).delete()
    with _keeping_one():
        Administrator.objects.filter(pk=row.pk).delete()


@transaction.atomic
def invite_again(*, administrator: Administrator, by: Administrator, at: datetime) -> None:
    """Mail a new invitation; the link of the former one ends."""
    row = lock_other(administrator, by)
    if row.joined_at is None:
        invitation.send(row, at=at)
        audit.record(by, "administrator.invited_again", row, at=at)


def lock_other(administrator: Administrator, by: Inviter) -> Administrator:
    """The row as it is under the provider's lock: changes to administrators of one provider go one after the other.

    :raises YourOwnPlace: nobody acts on himself.
    :raises LimitedYourself: when the actor is limited to some organizations.
    :raises AlreadyRemoved: when there is no such row any more.
    """
    if administrator.pk == by.pk:
        raise YourOwnPlace
    _lock(administrator.provider, by)
    row = Administrator.objects.filter(pk=administrator.pk).first()
    if row is None:
        raise AlreadyRemoved
    return row


def _lock(provider: Provider, by: Inviter) -> None:
    if by.is_limited:
        raise LimitedYourself
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)


def _check_role(role: str, limited: bool, by: Inviter) -> None:
    if not is_within(Role(role), Role(by.role)):
        raise RoleBeyondOwn
    if limited and role in UNLIMITED_ROLES:
        raise ReachesAll


def _give_access(administrator: Administrator, organizations: list[Organization]) -> None:
    rows = Access.objects.filter(administrator=administrator)
    rows.exclude(organization__in=organizations).delete()
    has = set(rows.values_list("organization_id", flat=True))
    Access.objects.bulk_create(
        Access(provider_id=administrator.provider_id, administrator=administrator, organization=one)
        for one in organizations
        if one.pk not in has
    )


@contextmanager
def _one_place_an_email() -> Iterator[None]:
    """Word the refusal of the database, which alone says when two addresses are one."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as fault:
        if getattr(getattr(fault.__cause__, "diag", None), "constraint_name", "") == ONE_PLACE:
            raise AlreadyInvited from fault
        raise


@contextmanager
def _keeping_one() -> Iterator[None]:
    """Word the refusal of the database, which alone sees what others do at the same instant."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as fault:
        if getattr(fault.__cause__, "sqlstate", "") == LAST_ADMINISTRATOR:
            raise LastAdministrator from fault
        raise
