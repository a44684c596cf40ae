"""What a person does with a file of users: send it, look at what it would do, agree or give it up. The worker does the rest."""

from datetime import datetime
from functools import partial
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Organization
from msp_portal.lib import nudge
from msp_portal.lib.rules import RuleBroken
from usage.gate import OrganizationClosed
from usage.import_file import lines_in
from usage.models import UserImport, UserImportFile

WORK: Final = "usage.tasks.work_imports"
State = UserImport.State


class ImportUnderWay(RuleBroken):
    """One file at a time, so that what a preview promises is not used up by another."""

    message = _("Another import of this organization is under way. Finish or cancel it first.")
    code = "import_under_way"


class ImportMovedOn(RuleBroken):
    message = _("This import is no longer where it was. Nothing was changed.")
    code = "import_moved_on"


@transaction.atomic
def start_import(*, organization: Organization, file: UploadedFile[bytes], by: Administrator, at: datetime) -> UserImport:
    """Keep the file for the worker to check. Nobody is added yet.

    :raises ImportUnderWay: while another file of the organization waits or is worked on.
    :raises OrganizationClosed: nothing can be added there.
    """
    if organization.is_closed:
        raise OrganizationClosed(organization_id=organization.pk)
    content = file.read()
    whose = {"provider_id": organization.provider_id, "organization": organization}
    try:
        with transaction.atomic():
            started = UserImport.objects.create(
                **whose,
                file_name=(file.name or "")[-120:],
                rows_expected=lines_in(content),
                administrator_id=by.pk,
                by=by.name,
                started_at=at,
            )
    except IntegrityError as fault:
        raise ImportUnderWay(organization_id=organization.pk) from fault
    UserImportFile.objects.create(**whose, user_import=started, content=content)
    _nudge_after_commit()
    return started


@transaction.atomic
def confirm_import(*, user_import: UserImport, by: Administrator) -> UserImport:
    """Let the worker add the users, in the name of whoever agreed.

    :raises ImportMovedOn: when it is not ready, or someone was faster.
    """
    locked = UserImport.objects.lock().get(pk=user_import.pk)
    if locked.state != State.READY:
        raise ImportMovedOn(organization_id=locked.organization_id)
    locked.move(State.CONFIRMED, refusal={}, administrator_id=by.pk, by=by.name)
    _nudge_after_commit()
    return locked


@transaction.atomic
def cancel_import(*, user_import: UserImport, by: Administrator, at: datetime) -> UserImport:
    """Give the import up; its file and rows are removed. A worker that checks it stops at its next step.

    :raises ImportMovedOn: when its users are being written, or it has come to its end.
    """
    locked = UserImport.objects.lock().get(pk=user_import.pk)
    if not locked.may_be_cancelled:
        raise ImportMovedOn(organization_id=locked.organization_id)
    locked.settle(State.CANCELLED, at=at)
    forget_content(locked)
    audit.record(by, "usage.user.import_cancelled", locked.organization, at=at, file=locked.file_name)
    return locked


def forget_content(user_import: UserImport) -> None:
    """Remove the file and what was read of it: personal data that nobody needs any more."""
    UserImportFile.objects.filter(user_import=user_import).delete()
    user_import.rows.all().delete()


def _nudge_after_commit() -> None:
    transaction.on_commit(partial(nudge.worker, WORK), robust=True)
