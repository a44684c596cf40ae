"""Users from a file: checked by the worker row by row, looked at by a person, added whole or not at all."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Provider
from tests import cast as people
from usage.actions import working_imports
from usage.actions.import_rows import mark_rows, mark_rows_taken
from usage.actions.imports import ImportMovedOn, ImportUnderWay, confirm_import, start_import
from usage.bounds import IMPORT_KEPT_FOR, IMPORT_LEASE
from usage.models import SeatEvent, StagedFile, StagedImport, StagedRow, User
from usage.tasks import forget_imports, work_imports

pytestmark = pytest.mark.django_db

HEAD = "User name,E-mail,First name,Last name\n"


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


@pytest.fixture
def as_tenant(client, acme):
    return people.sign_in(client, acme.administrator)


def written(number, head=HEAD):
    return head + "".join(f"new{place},new{place}@x.example,New,Number {place}\n" for place in range(1, number + 1))


def send(browser, house, content, name="people.csv"):
    """Upload as the browser does; the answer."""
    content = content.encode() if isinstance(content, str) else content
    return browser.post(reverse("user-imports", args=[house.pk]), {"file": SimpleUploadedFile(name, content)})


def checked(browser, house, content):
    """The import after the worker looked at it."""
    assert send(browser, house, content).status_code == 303
    work_imports()
    return StagedImport.objects.filter(organization_id=house.pk).latest("started_at", "pk")


def address(what, found):
    return reverse(f"import{what}", args=[found.organization_id, found.pk])


def shown(browser, found):
    return " ".join(browser.get(address("", found)).content.decode().split())


def confirm(browser, found):
    browser.post(address("-confirmation", found))
    work_imports()
    found.refresh_from_db()
    return found


def faults(found):
    return {row.line: row.faults for row in found.rows.faulty()}


def names(house):
    return sorted(User.objects.filter(organization_id=house.pk).values_list("user_name", flat=True))


def leftovers():
    return StagedFile.objects.count(), StagedRow.objects.count()


class TestAFileThatFits:
    def test_is_shown_before_anyone_is_added(self, as_tenant, acme):
        acme.cap(13)
        found = checked(as_tenant, acme, written(12))
        assert (found.state, found.rows_read, found.faulty_rows) == ("ready", 12, 0)
        assert "<strong>All 12</strong> users fit: 12 of 13 seats are left." in shown(as_tenant, found)
        assert acme.seats.users == 1

    def test_is_added_whole_and_told_to_log_and_ledger(self, as_tenant, acme):
        acme.cap(13)
        found = confirm(as_tenant, checked(as_tenant, acme, written(12)))
        assert (found.state, acme.seats.users, acme.seats.users_mark) == ("done", 13, 13)
        assert "12 users were added." in shown(as_tenant, found)
        assert User.objects.get(user_name="new7").name == "New Number 7"
        assert list(SeatEvent.objects.order_by("-id").values_list("by", flat=True)[:12]) == [acme.administrator.name] * 12
        event = AuditEvent.objects.get(action="usage.user.imported")
        assert (event.actor_name, event.organization_id, event.details["users"]) == (acme.administrator.name, acme.pk, 12)
        assert leftovers() == (0, 0)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_may_have_any_dialect(self, as_tenant, acme, delimiter):
        found = checked(as_tenant, acme, written(2).replace(",", delimiter))
        assert (found.state, found.rows_read) == ("ready", 2)

    def test_may_be_headed_in_german_with_a_byte_order_mark_and_blank_lines(self, as_tenant, acme):
        found = checked(as_tenant, acme, "\ufeffBenutzername;E-Mail;Kostenstelle\r\n\r\nzoë;zoe@x.example;7\r\n;;\r\n")
        assert (found.state, found.rows_read, found.ignored) == ("ready", 1, ["Kostenstelle"])
        assert "Columns passed over: Kostenstelle" in shown(as_tenant, found)

    def test_is_what_the_list_exports(self, as_tenant, acme):
        people.user(acme.organization, "away", first_name="=Ada", state="suspended", suspended_at=timezone.now())
        exported = b"".join(as_tenant.get(reverse("organization-users-csv", args=[acme.pk])).streaming_content)
        User.objects.all().delete()
        found = confirm(as_tenant, checked(as_tenant, acme, exported))
        assert found.state == "done"
        assert names(acme) == ["acme.user1", "away"]
        away = User.objects.get(user_name="away")
        assert (away.first_name, away.state) == ("=Ada", "suspended")

    def test_is_what_the_template_shows(self, as_tenant, acme):
        template = b"".join(as_tenant.get(reverse("user-import-template", args=[acme.pk])).streaming_content)
        assert checked(as_tenant, acme, template).state == "ready"


class TestAFullHouse:
    def test_is_told_before_with_how_many_fit_and_whom_to_ask(self, as_tenant, acme):
        acme.cap(8)
        page = shown(as_tenant, checked(as_tenant, acme, written(12)))
        assert "Only 7 of 8 seats are left, and 12 are needed. Nobody was added." in page
        assert "<strong>7 of 12</strong> would fit" in page
        for contact in (
            "Northwind MSP set this limit and can raise it.",
            "Cora Contact",
            "help@northwind.example",
            "+1 555 0100",
        ):
            assert contact in page
        assert "-confirmation" not in page
        assert "Add 12 users" not in page

    def test_is_refused_by_the_gate_whatever_the_preview_said_and_taken_once_the_cap_is_raised(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(12))
        acme.cap(8)
        found = confirm(as_tenant, found)
        assert (found.state, acme.seats.users) == ("ready", 1)
        assert found.refusal == {
            "code": "user_cap_reached",
            "organization_id": acme.pk,
            "user_cap": 8,
            "users": 1,
            "wanted": 12,
        }
        refused = AuditEvent.objects.get(action="refused.user_cap_reached")
        assert (refused.organization_id, refused.outcome, refused.details["wanted"]) == (acme.pk, "refused", 12)
        assert "Only 7 of 8 seats are left, and 12 are needed." in shown(as_tenant, found)
        acme.cap(13)
        assert "All 12</strong> users fit" in shown(as_tenant, found)
        assert confirm(as_tenant, found).state == "done"
        assert acme.seats.users == 13

    def test_of_a_suspended_msp_is_worded_too(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(2))
        Provider.objects.filter(pk=acme.organization.provider_id).update(suspended_at=timezone.now())
        found = confirm(as_tenant, found)
        assert "The MSP&#x27;s account is suspended, so no user can be added." in shown(as_tenant, found)
        assert acme.seats.users == 1


class TestAFaultyRow:
    @pytest.mark.parametrize(
        ("row", "fault"),
        [
            ("new2,,A,B", "email:required"),
            (",new2@x.example,A,B", "user_name:required"),
            ("new2,new2,A,B", "email:invalid"),
            (f"new2,new2@x.example,{'x' * 10_001},B", "first_name:max_length"),
            ("new2,new2@x.example,=1+1,B", "first_name:formula"),
            ("new2,new2@x.example,@SUM(A1),B", "first_name:formula"),
            ("new2,new2@x.example,x\0y,B", "first_name:null_characters_not_allowed"),
            ("ACME.User1,new2@x.example,A,B", "user_name:taken"),
            ("NEW1,new2@x.example,A,B", "user_name:twice"),
            ("new2,new2@x.example,A,B,C", "row:cells"),
        ],
    )
    def test_is_told_with_line_and_reason_and_nobody_is_added(self, as_tenant, acme, row, fault):
        found = checked(as_tenant, acme, f"{written(1)}\n{row}\n")
        assert found.state == "faulty"
        assert faults(found)[4] == [fault]
        assert names(acme) == ["acme.user1"]
        page = shown(as_tenant, found)
        assert "Nothing was added. Correct" in page
        assert ">4</th>" in page

    def test_of_several_faults_tells_them_all(self, as_tenant, acme):
        found = checked(as_tenant, acme, HEAD + "=x,y,A,B\n")
        assert faults(found) == {2: ["user_name:formula", "email:invalid"]}
        page = shown(as_tenant, found)
        assert "User name starts like a formula." in page
        assert "E-mail is not an e-mail address." in page

    def test_names_the_organization_of_another_msp_or_client_alike(self, as_tenant, acme, birch, cast):
        ids = [acme.pk, birch.pk, cast.bluefin.clients[0].pk, "0" * 24]
        rows = "".join(f"new{place},new{place}@x.example,{pk}\n" for place, pk in enumerate(ids))
        found = checked(as_tenant, acme, "user_name,email,organization_id\n" + rows)
        assert faults(found) == {line: ["organization_id:other"] for line in (3, 4, 5)}
        page = shown(as_tenant, found)
        assert page.count("Organization ID names another organization than this one.") == 3
        assert "Birch" not in page

    def test_says_on_which_line_it_begins_after_one_of_several_lines(self, as_tenant, acme):
        found = checked(as_tenant, acme, HEAD + 'new1,new1@x.example,"A\nB",C\nnew2,bad,A,B\n')
        assert faults(found) == {4: ["email:invalid"]}

    def test_stands_in_the_csv_of_all_of_them(self, as_tenant, acme):
        found = checked(as_tenant, acme, HEAD + "a,bad,=1,B\n" * 150)
        page = shown(as_tenant, found)
        assert "The first 100 of them." in page
        content = b"".join(as_tenant.get(address("-faults-csv", found)).streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(StringIO(content)))
        assert len(rows) == 151
        assert rows[150][:4] == ["151", "a", "bad", "'=1"]
        assert "This user name stands in the file more than once." in rows[150][5]

    def test_whose_name_is_taken_after_the_preview_is_told_and_nobody_is_added(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(3))
        people.user(acme.organization, "NEW2")
        found = confirm(as_tenant, found)
        assert (found.state, found.faulty_rows, faults(found)) == ("faulty", 1, {3: ["user_name:taken"]})
        assert names(acme) == ["NEW2", "acme.user1"]


class TestAFileThatCannotBeRead:
    def test_has_more_rows_than_may_be(self, as_tenant, acme, monkeypatch):
        monkeypatch.setattr("usage.import_kinds.MOST_IMPORTED_ROWS", 3)
        assert checked(as_tenant, acme, written(3)).state == "ready"
        as_tenant.post(address("-cancellation", StagedImport.objects.get()))
        found = checked(as_tenant, acme, written(4))
        assert "The file has more than 3 rows." in shown(as_tenant, found)

    def test_is_missing(self, as_tenant, acme):
        answer = as_tenant.post(reverse("user-imports", args=[acme.pk]))
        assert answer.status_code == 422
        assert "Choose a file." in answer.content.decode()


class TestOneAtATime:
    def test_is_the_rule_of_an_organization(self, as_tenant, acme, birch):
        found = checked(as_tenant, acme, written(1))
        answer = send(as_tenant, acme, written(1))
        assert answer.status_code == 422
        assert str(ImportUnderWay.message) in answer.content.decode()
        assert address("", found) in answer.content.decode()
        file = SimpleUploadedFile("b.csv", b"x")
        assert start_import(organization=birch.organization, kind="user", file=file, by=birch.administrator, at=timezone.now())

    def test_ends_with_a_cancellation_which_removes_what_was_read(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(2))
        assert leftovers() == (0, 2)
        as_tenant.post(address("-cancellation", found))
        assert leftovers() == (0, 0)
        assert "This import was cancelled." in shown(as_tenant, found)
        assert AuditEvent.objects.filter(action="usage.user.import_cancelled").exists()
        assert send(as_tenant, acme, written(1)).status_code == 303

    def test_is_not_confirmed_twice_nor_cancelled_once_it_is_written(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(1))
        assert as_tenant.post(address("-confirmation", found)).status_code == 303
        again = as_tenant.post(address("-confirmation", found))
        assert again.status_code == 409
        assert str(ImportMovedOn.message) in again.content.decode()
        work_imports()
        assert as_tenant.post(address("-cancellation", found)).status_code == 409
        assert names(acme) == ["acme.user1", "new1"]


class TestTheWorker:
    def test_compares_rows_with_users_by_hash_though_no_statistics_know_of_them(self, as_tenant, acme):
        """A file of 10,000 rows for a client of 20,000 users took minutes otherwise; how long it takes is in the bench."""
        found = checked(as_tenant, acme, written(2))
        for mark in (mark_rows, mark_rows_taken):
            with connection.cursor() as cursor:
                cursor.execute("set local enable_nestloop = on")
                mark(found)
                cursor.execute("show enable_nestloop")
                assert cursor.fetchone() == ("off",)

    def test_tells_how_far_it_is(self, as_tenant, acme, monkeypatch):
        monkeypatch.setattr(working_imports, "IMPORT_ROWS_A_STEP", 10)
        send(as_tenant, acme, written(25))
        found = StagedImport.objects.get()
        assert "Waiting for the check to begin" in shown(as_tenant, found)
        steps = progress_of(found, monkeypatch)
        work_imports()
        assert steps == [10, 20, 25]
        StagedImport.objects.update(state="checking", rows_read=20)
        assert "20 of 25 rows checked" in shown(as_tenant, found)
        assert 'hx-trigger="every 1s"' in shown(as_tenant, found)

    def test_stops_at_its_next_step_when_the_import_is_cancelled(self, as_tenant, acme, monkeypatch):
        monkeypatch.setattr(working_imports, "IMPORT_ROWS_A_STEP", 10)
        send(as_tenant, acme, written(25))
        found = StagedImport.objects.get()
        keep = working_imports._keep

        def cancelling(claimed, rows, at):
            keep(claimed, rows, at)
            assert as_tenant.post(address("-cancellation", found)).status_code == 303

        monkeypatch.setattr(working_imports, "_keep", cancelling)
        work_imports()
        found.refresh_from_db()
        assert (found.state, found.rows_read, leftovers()) == ("cancelled", 10, (0, 0))

    def test_killed_in_the_check_leaves_nothing_and_the_page_says_so(self, as_tenant, acme, monkeypatch):
        monkeypatch.setattr(working_imports, "IMPORT_ROWS_A_STEP", 10)
        send(as_tenant, acme, written(25))
        found = StagedImport.objects.get()
        killed_at("mark_rows", monkeypatch)
        assert leftovers() == (1, 25)
        work_imports()
        found.refresh_from_db()
        assert found.state == "checking"  # the lease is not over
        working_imports.work_imports(lambda: timezone.now() + IMPORT_LEASE + timedelta(seconds=1))
        found.refresh_from_db()
        assert (found.state, leftovers(), names(acme)) == ("interrupted", (0, 0), ["acme.user1"])
        assert "The check was interrupted before its end. Nothing was added" in shown(as_tenant, found)

    def test_killed_while_it_adds_leaves_nobody_and_can_be_started_again(self, as_tenant, acme, monkeypatch):
        found = checked(as_tenant, acme, written(5))
        as_tenant.post(address("-confirmation", found))
        killed_at("forget_content", monkeypatch)
        found.refresh_from_db()
        assert (found.state, names(acme)) == ("importing", ["acme.user1"])
        working_imports.work_imports(lambda: timezone.now() + IMPORT_LEASE + timedelta(seconds=1))
        found.refresh_from_db()
        assert (found.state, acme.seats.users) == ("ready", 1)
        assert "The import was interrupted. Nothing was added; you can start it again." in shown(as_tenant, found)
        assert confirm(as_tenant, found).state == "done"
        assert acme.seats.users == 6

    def test_adds_nobody_for_someone_who_may_not_any_more(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(2))
        confirm_import(staged=found, by=acme.administrator)
        acme.administrator.suspend(at=timezone.now())
        work_imports()
        found.refresh_from_db()
        assert (found.state, found.refusal, acme.seats.users) == ("ready", {"code": "too_junior"}, 1)

    def test_forgets_what_nobody_answered_for_a_week(self, as_tenant, acme):
        found = checked(as_tenant, acme, written(2))
        assert forget_imports() == 0
        assert working_imports.forget_imports(timezone.now() + IMPORT_KEPT_FOR) == 1
        assert leftovers() == (0, 0)
        assert as_tenant.get(address("", found)).status_code == 404


class TestAnImport:
    def test_of_another_client_is_no_such_thing(self, as_tenant, acme, birch):
        file = SimpleUploadedFile("b.csv", written(1).encode())
        other = start_import(organization=birch.organization, kind="user", file=file, by=birch.administrator, at=timezone.now())
        for what in ("", "-faults-csv"):
            assert as_tenant.get(address(what, other)).status_code == 404
            assert as_tenant.get(reverse(f"import{what}", args=[acme.pk, other.pk])).status_code == 404

    def test_stands_among_the_recent_ones(self, as_tenant, acme):
        found = confirm(as_tenant, checked(as_tenant, acme, written(1)))
        page = as_tenant.get(reverse("user-imports", args=[acme.pk])).content.decode()
        assert address("", found) in page
        assert "Imported" in page

    def test_into_a_closed_organization_is_refused(self, client, cast, birch):
        birch.user.delete()
        birch.organization.close(at=timezone.now())
        browser = people.sign_in(client, cast.northwind.owner)
        answer = send(browser, birch, written(1))
        assert answer.status_code == 422
        assert "This organization is closed." in answer.content.decode()


class Killed(Exception):
    pass


def killed_at(step, monkeypatch):
    """Let the worker die where it would take this step."""

    def die(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(working_imports, step, die)
        with pytest.raises(Killed):
            work_imports()


def progress_of(found, monkeypatch):
    """What the row says after each step of the check."""
    steps, keep = [], working_imports._keep

    def watched(claimed, rows, at):
        keep(claimed, rows, at)
        steps.append(StagedImport.objects.get(pk=found.pk).rows_read)

    monkeypatch.setattr(working_imports, "_keep", watched)
    return steps
