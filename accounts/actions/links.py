"""Which organizations an administrator who is limited to some reaches, one by one. All at once: `administrators.change_place`."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actions.administrators import Inviter, lock_other
from accounts.models import Access, Administrator, Organization
from msp_portal.lib.rules import RuleBroken


class ReachesEverything(RuleBroken):
    """There is no link to take away; limiting him to all the others would give up, unasked, what is made later."""

    message = _("This administrator reaches every organization. Limit the access to some organizations in the portal first.")
    code = "reaches_everything"


@transaction.atomic
def link(*, administrator: Administrator, organization: Organization, by: Inviter, at: datetime) -> None:
    """Let `administrator` reach `organization`. Nothing is written where he does already."""
    row = lock_other(administrator, by)
    if not row.is_limited:
        return
    _, made = Access.objects.get_or_create(provider_id=row.provider_id, administrator=row, organization=organization)
    if made:
        changes = {"organization": [None, organization.name]}
        audit.record(by, "administrator.linked", row, organization_id=organization.pk, at=at, changes=changes)


@transaction.atomic
def unlink(*, administrator: Administrator, organization: Organization, by: Inviter, at: datetime) -> None:
    """Let `administrator` no longer reach `organization`. Nothing is written where he does not.

    :raises ReachesEverything: for one whose access is not limited.
    """
    row = lock_other(administrator, by)
    if not row.is_limited:
        raise ReachesEverything
    removed, _ = Access.objects.filter(administrator=row, organization=organization).delete()
    if removed:
        changes = {"organization": [organization.name, None]}
        audit.record(by, "administrator.unlinked", row, organization_id=organization.pk, at=at, changes=changes)
