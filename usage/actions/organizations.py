"""Opening an organization with its cap, and closing one."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.organizations import create_organization, edit_organization
from accounts.audit import Actor
from accounts.models import Administrator, ApiKey, Organization
from msp_portal.lib.rules import RuleBroken
from usage.actions.caps import set_user_cap
from usage.gate import OrganizationClosed, seat_gate
from usage.models import Device, Seats, User


class MoreCameMeanwhile(RuleBroken):
    """There are more users or devices now than the person was told when he agreed to remove them."""

    code = "more_came_meanwhile"

    def __init__(self, *, users: int, devices: int) -> None:
        words = _("Meanwhile there are %(users)d users and %(devices)d devices. Nothing was removed; please confirm again.")
        super().__init__(words % {"users": users, "devices": devices}, users=users, devices=devices)


@transaction.atomic
def open_organization(
    *,
    name: str,
    external_id: str,
    contact_name: str,
    contact_email: str,
    user_cap: int | None,
    by: Administrator | ApiKey,
    at: datetime,
) -> Organization:
    """An organization with `user_cap` from its first instant on.

    :raises OrganizationNameTaken, LimitedToSome, OrganizationCreationDisallowed: as `create_organization`.
    """
    organization = create_organization(
        name=name, external_id=external_id, contact_name=contact_name, contact_email=contact_email, by=by, at=at
    )
    set_user_cap(organization=organization, user_cap=user_cap, by=by, at=at)
    return organization


@transaction.atomic
def change_organization(
    *, organization: Organization, name: str, contact_name: str, contact_email: str, user_cap: int | None, by: Actor, at: datetime
) -> None:
    """Name, contact and cap in one act. `organization` is as it stands now, under the lock of its seats.

    :raises OrganizationNameTaken: when another open organization has the name.
    :raises OrganizationClosed: a closed one has nothing to limit.
    """
    set_user_cap(organization=organization, user_cap=user_cap, by=by, at=at)
    edit_organization(
        organization=organization,
        name=name,
        external_id=organization.external_id,
        contact_name=contact_name,
        contact_email=contact_email,
        by=by,
        at=at,
    )


@transaction.atomic
def close_organization(
    *, organization: Organization, remove_everyone: bool, users: int, devices: int, by: Administrator, at: datetime
) -> Organization:
    """Close for good: history, marks and past invoices stay, nobody can be added. With `remove_everyone` its users and devices go first;
    `users` and `devices` are how many the person was told.

    :raises OrganizationNotEmpty: while anyone is left and nobody said to remove them.
    :raises MoreCameMeanwhile: when there are more of them than the person was told.
    :raises OrganizationClosed: when someone closed it meanwhile.
    """
    seats = Seats.objects.lock_with_organizations().get(pk=organization.pk)
    organization.closed_at = seats.organization.closed_at
    if organization.is_closed:
        raise OrganizationClosed(organization_id=organization.pk)
    if remove_everyone:
        if seats.users > users or seats.devices > devices:
            raise MoreCameMeanwhile(users=seats.users, devices=seats.devices)
        _remove_everyone(organization)
    with seat_gate():
        organization.close(at=at)
    audit.record(
        by, "accounts.organization.closed", organization, at=at, users_removed=seats.users, devices_removed=seats.devices
    )
    return organization


def _remove_everyone(organization: Organization) -> None:
    """One statement each: the gate counts and writes the ledger as for any other removal."""
    User.objects.filter(organization=organization).delete()
    Device.objects.filter(organization=organization).delete()
