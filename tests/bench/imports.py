"""A file of users from its upload to the last seat taken, beside COPY of the same rows into the table without the gate."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Organization
from tests.bench.seats import copied, rows_of
from tests.bench.timing import beside, result
from usage.actions.imports import confirm_import, start_import
from usage.actions.working_imports import work_imports

HEAD = "user_name,email,first_name,last_name\n"


def of_users(stage, rounds):
    """Parsed, validated, compared with who is there, kept to be looked at, confirmed, inserted, counted, and noted in the ledger one by one."""
    rows = stage.size.rows
    timed = beside(
        lambda: copied(stage, rows_of(stage, rows, among=1)), lambda: imported(stage, rows), rounds=max(3, rounds // 2)
    )
    return result(f"{rows:,} users from a file", "1 organization", "COPY without the gate", timed, kind="times", goal=8)


def imported(stage, number):
    (house,) = stage.organizations_of(stage.hundred, 1)
    lines = "".join(f"{name},{email},Ada,Lovelace\n" for _, name, email in rows_of(stage, number))
    staged = start_import(
        organization=Organization.objects.get(pk=house),
        kind="user",
        file=SimpleUploadedFile("users.csv", f"{HEAD}{lines}".encode()),
        by=stage.hundred,
        at=timezone.now(),
    )
    work_imports(timezone.now)
    confirm_import(staged=staged, by=stage.hundred)
    work_imports(timezone.now)
    staged.refresh_from_db()
    assert (staged.state, staged.rows_read) == ("done", number), (staged.state, staged.refusal, staged.problem)
