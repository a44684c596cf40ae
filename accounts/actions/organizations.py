"""Making an MSP's client organizations and editing what they are called. Closing needs the seat gate, so it is in `usage`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Administrator, ApiKey, Organization, Provider
from msp_portal.lib.rules import RuleBroken

ONE_NAME: Final = "one_open_organization_a_name"
FIELDS: Final = ("name", "external_id", "contact_name", "contact_email")


class OrganizationNameTaken(RuleBroken):
    """Another open organization has the name; neither case nor accents tell two names apart."""

    message = _("An open organization has this name already (case and accents make no difference). Choose another name.")
    code = "organization_name_taken"
    field = "name"


class LimitedToSome(RuleBroken):
    """Who sees only some organizations would not see the new one."""

    message = _("Your access is limited to some organizations. Someone who sees all of them can create one.")
    code = "limited_to_some"


class OrganizationCreationDisallowed(RuleBroken):
    """An operator has the say over this provider's new organizations."""

    message = _("New organizations are not allowed for this account. Ask your account manager.")
    code = "organization_creation_disallowed"


class ExternalIdsMoved(RuleBroken):
    message = _("Meanwhile someone else changed one of these external ids. Nothing was saved; please look at them again.")
    code = "external_ids_moved"


@transaction.atomic
def create_organization(
    *, name: str, external_id: str, contact_name: str, contact_email: str, by: Administrator | ApiKey, at: datetime
) -> Organization:
    """An open organization of the actor's provider. The database gives it its seats, with the provider's default cap.

    :raises OrganizationNameTaken: as the database found it, so two at once can't both have the name.
    :raises LimitedToSome: for an administrator who would not see it.
    :raises OrganizationCreationDisallowed: when operators allow the provider no new ones.
    """
    if by.is_limited:
        raise LimitedToSome
    if not Provider.objects.get(pk=by.provider_id).may_create_organizations:
        raise OrganizationCreationDisallowed
    with one_open_organization_a_name():
        organization = Organization.objects.create(
            provider_id=by.provider_id, name=name, external_id=external_id, contact_name=contact_name, contact_email=contact_email
        )
    audit.record(by, "accounts.organization.created", organization, at=at)
    return organization


@transaction.atomic
def edit_organization(
    *,
    organization: Organization,
    name: str,
    external_id: str,
    contact_name: str,
    contact_email: str,
    by: Actor,
    at: datetime,
) -> Organization:
    """Change name, external id or contact. The log notes what each changed field was and is; nothing is written when nothing changed.

    :raises OrganizationNameTaken: when another open organization has the name.
    """
    row = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    wanted = dict(zip(FIELDS, (name, external_id, contact_name, contact_email), strict=True))
    changes = {field: [getattr(row, field), value] for field, value in wanted.items() if getattr(row, field) != value}
    if not changes:
        return row
    for field, (_former, value) in changes.items():
        setattr(row, field, value)
    with one_open_organization_a_name():
        row.save(update_fields=list(changes))
    audit.record(by, "accounts.organization.edited", row, at=at, changes=changes)
    return row


@transaction.atomic
def set_external_ids(
    *, changes: Mapping[str, tuple[str, str]], organizations: QuerySet[Organization], by: Administrator, at: datetime
) -> int:
    """Give each of `organizations` that is in `changes`, by its id, another external id: what it was when it was looked at, and what it
    shall be. How many that are. Several may have the same, and an empty one is none.

    :raises ExternalIdsMoved: when one is not what it was any more, or not there; then nothing is written.
    """
    rows = list(organizations.filter(pk__in=changes).order_by("pk").select_for_update(no_key=True, of=("self",)))
    seen = {row.pk: row.external_id for row in rows}
    if seen != {pk: former for pk, (former, _wanted) in changes.items()}:
        raise ExternalIdsMoved
    for row in rows:
        row.external_id = changes[row.pk][1]
    Organization.objects.bulk_update(rows, ["external_id"])
    noted = [(row.pk, row.name, {"changes": {"external_id": list(changes[row.pk])}}) for row in rows]
    audit.record_of_organizations(by, "accounts.organization.edited", noted, at=at)
    return len(rows)


@contextmanager
def one_open_organization_a_name() -> Iterator[None]:
    """Word the database's refusal of a second open organization of a name."""
    try:
        yield
    except IntegrityError as fault:
        if getattr(getattr(fault.__cause__, "diag", None), "constraint_name", "") != ONE_NAME:
            raise
        raise OrganizationNameTaken from fault
