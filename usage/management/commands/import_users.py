"""Users from a file, for the vendor's operators. It goes the very way of the page: staged, checked, and past the gate whole or not at all."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.datastructures import MultiValueDict

from accounts.models import Organization
from msp_portal.lib import tenancy
from msp_portal.lib.acts import carry_out
from msp_portal.lib.csv_import import problem_in_words
from usage.actions.imports import COMMAND, cancel_import, confirm_import, start_import
from usage.actions.working_imports import work_imports
from usage.forms.imports import ImportForm
from usage.import_kinds import KINDS
from usage.import_words import fault_in_words, refusal_in_words
from usage.models import Seats, StagedImport
from usage.queries.imports import Preview, preview_of

USERS = StagedImport.Kind.USERS.value
State = StagedImport.State


class Command(BaseCommand):
    help = (
        "Check a CSV file of users for an organization and say what it would do, without adding anybody; with --add, add all of "
        "them or nobody. Ends with 1 when the file is faulty, does not fit or was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization_id", metavar="ORGANIZATION_ID")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--add", action="store_true", help="add the users, all or none")

    def handle(self, *args: Any, **options: Any) -> None:
        """What the file would do, or did, in a few lines.

        :raises CommandError: when nobody could be added, with why.
        """
        staged = _sent(options["organization_id"], options["file"])
        try:
            _worked(staged)
            self._tell(staged)
            if options["add"]:
                with _inside(staged):
                    confirm_import(staged=staged, by=None)
                _worked(staged)
                self._tell_what_came_of_it(staged)
            elif refusal := _preview(staged).refusal:
                raise CommandError(refusal_in_words(refusal))
        finally:
            _give_up(staged)

    def _tell(self, staged: StagedImport) -> None:
        self._tell_faults(staged)
        if staged.ignored:
            self.stdout.write(f"Columns passed over: {', '.join(staged.ignored)}")
        preview = _preview(staged)
        self.stdout.write(f"Fits {preview.fits} of {preview.wanted}.")

    def _tell_what_came_of_it(self, staged: StagedImport) -> None:
        self._tell_faults(staged)  # of names that were taken meanwhile
        if staged.state != State.DONE:
            raise CommandError(refusal_in_words(staged.refusal))
        self.stdout.write(f"Users added: {staged.rows_read}.")

    def _tell_faults(self, staged: StagedImport) -> None:
        if staged.state == State.UNREADABLE:
            raise CommandError(problem_in_words(staged.problem, KINDS[USERS].labels))
        if staged.state in {State.INTERRUPTED, State.CANCELLED}:
            raise CommandError(f"The import is {staged.get_state_display().lower()}. Nobody was added.")
        if staged.state == State.FAULTY:
            with _inside(staged):
                for row in staged.rows.faulty():
                    self.stdout.write(f"line {row.line}: {' '.join(fault_in_words(fault, USERS) for fault in row.faults)}")
            raise CommandError(f"{staged.faulty_rows} of {staged.rows_read} rows are faulty. Nobody was added.")


def _sent(organization_id: str, path: Path) -> StagedImport:
    with tenancy.system("import users by command"):
        organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        raise CommandError(f"There is no organization {organization_id}.")
    try:
        file: UploadedFile[bytes] = UploadedFile(path.open("rb"), path.name, size=path.stat().st_size)
    except OSError as fault:
        raise CommandError(str(fault)) from fault
    with file, tenancy.scope(organization.provider_id, actor=COMMAND):
        form = ImportForm({}, MultiValueDict({"file": [file]}))
        if not carry_out(form, start_import, organization=organization, kind=USERS, by=None, at=datetime.now(UTC)):
            raise CommandError(" ".join(str(words) for each in form.errors.values() for words in each))
    return form.result


def _worked(staged: StagedImport) -> None:
    """Do the worker's part, unless one of them has it already."""
    while True:
        work_imports(lambda: datetime.now(UTC))
        with _inside(staged):
            staged.refresh_from_db()
        if not staged.waits_for_the_worker:
            return
        sleep(1)


def _preview(staged: StagedImport) -> Preview:
    with _inside(staged):
        return preview_of(staged, Seats.objects.get(organization=staged.organization_id))


def _give_up(staged: StagedImport) -> None:
    """Leave nothing under way: after a preview, a refusal, or the operator's interruption."""
    with _inside(staged):
        staged.refresh_from_db()
        if staged.may_be_cancelled:
            cancel_import(staged=staged, by=None, at=datetime.now(UTC))


def _inside(staged: StagedImport) -> AbstractContextManager[None]:
    return tenancy.scope(staged.provider_id, actor=COMMAND)
