"""`manage.py import_users`: the vendor's operators go the way of the page, with its words and past its gate."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import AuditEvent
from usage.actions.working_imports import work_imports
from usage.bounds import IMPORT_LEASE, LARGEST_IMPORT
from usage.models import SeatEvent, StagedImport, StagedRow, User

pytestmark = pytest.mark.django_db

HEAD = "user_name,email\n"


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def file_of(tmp_path):
    def write(content):
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def twelve(file_of):
    return file_of(HEAD + "".join(f"new{place},new{place}@x.example\n" for place in range(12)))


def run(house, path, *options):
    """What the command said, and why it ended with 1 ("" when it did not)."""
    said = StringIO()
    try:
        call_command("import_users", house.pk, str(path), *options, stdout=said)
    except CommandError as fault:
        return said.getvalue(), f"{fault}" if fault.returncode == 1 else f"ended with {fault.returncode}"
    return said.getvalue(), ""


def left_under_way():
    return StagedImport.objects.under_way().count(), StagedRow.objects.count()


class TestWithoutAdd:
    def test_says_how_many_fit_and_adds_nobody(self, acme, twelve):
        acme.cap(13)
        assert run(acme, twelve) == ("Fits 12 of 12.\n", "")
        assert (acme.seats.users, left_under_way()) == (1, (0, 0))

    def test_says_what_stands_in_the_way(self, acme, twelve):
        acme.cap(8)
        assert run(acme, twelve) == (
            "Fits 7 of 12.\n",
            "Only 7 of 8 seats are left, and 12 are needed. Nobody was added.",
        )
        assert (acme.seats.users, left_under_way()) == (1, (0, 0))


class TestWithAdd:
    def test_adds_all_in_the_name_of_the_command(self, acme, twelve):
        assert run(acme, twelve, "--add") == ("Fits 12 of 12.\nUsers added: 12.\n", "")
        assert (acme.seats.users, left_under_way()) == (13, (0, 0))
        event = AuditEvent.objects.get(action="usage.user.imported")
        assert (event.actor_kind, event.actor_id, event.organization_id, event.details["users"]) == ("system", "", acme.pk, 12)
        assert SeatEvent.objects.latest("id").by == "manage.py import_users"

    def test_is_refused_whole_by_the_gate_with_the_numbers(self, acme, twelve):
        acme.cap(8)
        assert run(acme, twelve, "--add")[1] == "Only 7 of 8 seats are left, and 12 are needed. Nobody was added."
        assert (acme.seats.users, left_under_way()) == (1, (0, 0))
        refused = AuditEvent.objects.get(action="refused.user_cap_reached")
        assert (refused.actor_kind, refused.organization_id, refused.details["wanted"]) == ("system", acme.pk, 12)

    def test_waits_for_the_worker_that_has_the_file_already(self, acme, twelve, monkeypatch):
        """The other worker dies, and is told of after its lease."""
        other = iter([lambda: StagedImport.objects.update(state="checking", lease_ends_at=timezone.now())])
        command = "usage.management.commands.import_users"
        monkeypatch.setattr(f"{command}.work_imports", lambda now: next(other, lambda: work_imports(later))())
        monkeypatch.setattr(f"{command}.sleep", lambda seconds: None)
        assert run(acme, twelve, "--add") == ("", "The import is interrupted. Nobody was added.")
        assert acme.seats.users == 1


class TestAFaultyFile:
    def test_is_told_row_by_row_and_adds_nobody(self, acme, file_of):
        said, why = run(acme, file_of(HEAD + "new1,bad\nacme.user1,a@x.example\nnew2,new2@x.example\n"), "--add")
        assert said == (
            "line 2: E-mail is not an e-mail address.\nline 3: A user of this name already exists in the organization.\n"
        )
        assert why == "2 of 3 rows are faulty. Nobody was added."
        assert User.objects.filter(organization_id=acme.pk).count() == 1

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("user_name\nnew\n", "These columns are missing: E-mail."),
            ("", "The file is empty."),
            (b"x" * (LARGEST_IMPORT + 1), "The file has 20.0\xa0MB, and 20.0\xa0MB is the most."),
        ],
        ids=["column", "empty", "large"],
    )
    def test_as_a_whole_is_told_why(self, acme, file_of, content, why):
        assert run(acme, file_of(content))[1].startswith(why)
        assert left_under_way() == (0, 0)

    def test_or_house_that_is_not_there_is_told(self, acme, cast, tmp_path, twelve):
        assert "No such file" in run(acme, tmp_path / "away.csv")[1]
        with pytest.raises(CommandError, match="There is no organization 0000"):
            call_command("import_users", "0" * 24, str(twelve))


def later():
    return timezone.now() + IMPORT_LEASE + timedelta(seconds=1)
