"""What a key changes of an administrator. The owners are told by mail, as a key cannot prove anew who holds it (decision 11)."""

from datetime import datetime

from django.db import transaction

from accounts import administrator_emails
from accounts.actions.administrators import change_place, restore, suspend
from accounts.models import Administrator, ApiKey, Organization


@transaction.atomic
def change_by_key(
    *, administrator: Administrator, by: ApiKey, at: datetime, role: str, api_access: bool, suspended: bool
) -> Administrator:
    """Change role, API access and suspension; the organizations stay. Writes and mails nothing when all stands already. Returns the row as it is then.

    :raises RoleBeyondOwn, ReachesAll, LastAdministrator: as `change_place` and `suspend`.
    """
    row = administrator
    if (role, api_access) != (row.role, row.api_access_at is not None):
        reached = Organization.objects.filter(accesss__administrator=row).distinct()
        change_place(
            administrator=row, by=by, at=at, role=role, organizations=reached, limited=row.is_limited, api_access=api_access
        )
    elif suspended == (row.suspended_at is not None):
        return row
    if suspended != (row.suspended_at is not None):
        (suspend if suspended else restore)(administrator=row, by=by, at=at)
    changed = Administrator.objects.get(pk=row.pk)
    administrator_emails.changed_by_key(changed, key=by, at=at)
    return changed
