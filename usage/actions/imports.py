"""What a person does with a file of users or devices: send it, look at what it would do, agree or give it up. The worker does the rest."""

from datetime import datetime
from functools import partial
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Organization
from msp_portal.lib import nudge
from msp_portal.lib.csv_import import lines_in
from msp_portal.lib.rules import RuleBroken
from usage.gate import OrganizationClosed
from usage.models import StagedFile, StagedImport

COMMAND: Final = "manage.py import_users"
"""Whom imports and the ledger name where the vendor's operators added users: the audit log calls it the system."""
WORK: Final = "usage.tasks.work_imports"
State = StagedImport.State


class ImportUnderWay(RuleBroken):
    """One file at a time, so that what a preview promises is not used up by another."""

    message = _("Another import of this organization is under way. Finish or cancel it first.")
    code = "import_under_way"


class ImportMovedOn(RuleBroken):
    message = _("This import is no longer where it was. Nothing was changed.")
    code = "import_moved_on"


@transaction.atomic
def start_import(
    *, organization: Organization, kind: str, file: UploadedFile[bytes], by: Administrator | None, at: datetime
) -> StagedImport:
    """Keep the file for the worker to check. Nothing is added yet. `by` is None for the vendor's operators, who have a command for it.

    :raises ImportUnderWay: while another such file of the organization waits or is worked on.
    :raises OrganizationClosed: nothing can be added there.
    """
    if organization.is_closed:
        raise OrganizationClosed(organization_id=organization.pk)
    content = file.read()
    whose = {"provider_id": organization.provider_id, "organization": organization}
    try:
        with transaction.atomic():
            started = StagedImport.objects.create(
                **whose,
                kind=kind,
                file_name=(file.name or "")[-120:],
                rows_expected=lines_in(content),
                **_agreed(by),
                started_at=at,
            )
    except IntegrityError as fault:
        raise ImportUnderWay(organization_id=organization.pk) from fault
    StagedFile.objects.create(**whose, staged_import=started, content=content)
    _nudge_after_commit()
    return started


@transaction.atomic
def confirm_import(*, staged: StagedImport, by: Administrator | None) -> StagedImport:
    """Let the worker add the rows, in the name of whoever agreed.

    :raises ImportMovedOn: when it is not ready, or someone was faster.
    """
    locked = StagedImport.objects.lock().get(pk=staged.pk)
    if locked.state != State.READY:
        raise ImportMovedOn(organization_id=locked.organization_id)
    locked.move(State.CONFIRMED, refusal={}, **_agreed(by))
    _nudge_after_commit()
    return locked


@transaction.atomic
def cancel_import(*, staged: StagedImport, by: Administrator | None, at: datetime) -> StagedImport:
    """Give the import up; its file and rows are removed. A worker that checks it stops at its next step.

    :raises ImportMovedOn: when its rows are being written, or it has come to its end.
    """
    locked = StagedImport.objects.lock().get(pk=staged.pk)
    if not locked.may_be_cancelled:
        raise ImportMovedOn(organization_id=locked.organization_id)
    locked.settle(State.CANCELLED, at=at)
    forget_content(locked)
    audit.record(by, f"usage.{locked.kind}.import_cancelled", locked.organization, at=at, file=locked.file_name)
    return locked


def forget_content(staged: StagedImport) -> None:
    """Remove the file and what was read of it: personal data that nobody needs any more."""
    StagedFile.objects.filter(staged_import=staged).delete()
    staged.rows.all().delete()


def _agreed(by: Administrator | None) -> dict[str, str]:
    return {"administrator_id": by.pk, "by": by.name} if by else {"administrator_id": "", "by": COMMAND}


def _nudge_after_commit() -> None:
    transaction.on_commit(partial(nudge.worker, WORK), robust=True)
