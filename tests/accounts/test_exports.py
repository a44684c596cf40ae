"""Long listings: offered, made by the worker in the reader's place, handed out while his rights stand."""

from datetime import timedelta

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.actions import making_exports
from accounts.actions.exports import TooManyKept, TooManyUnderWay, ask_for_export
from accounts.actions.making_exports import claim, forget_exports, work_exports
from accounts.bounds import EXPORT_ATTEMPTS_MAX, EXPORT_LEASE, EXPORTS_KEPT_FOR, EXPORTS_KEPT_MAX, EXPORTS_UNDER_WAY_MAX
from accounts.listings import Listing
from accounts.models import Access, Administrator, AuditEvent, Export, ExportPiece
from accounts.roles import Role
from tests import raw
from tests.cast import sign_in, user
from usage.models import User

FILES = ["/users/csv/?sort=-name&dialect=tab", "/activity/csv/?outcome=refused", "/organizations/csv/?q=acme"]


@pytest.fixture
def long_lists(monkeypatch):
    """Every list of more than one row counts as long, and is written in pieces of a few lines."""
    monkeypatch.setattr("accounts.listings.DIRECT_EXPORT_MAX", 0)
    monkeypatch.setattr("msp_portal.lib.csv_export.ROWS_A_CHUNK", 2)
    monkeypatch.setattr("accounts.actions.making_exports.CHUNKS_A_PIECE", 1)


@pytest.fixture
def acme(cast):
    acme = cast.northwind.clients[0]
    for place in range(5):
        user(acme.organization, f"zoë{place}", first_name="=Zoë")
    return acme


@pytest.fixture
def owner(cast, acme):
    return cast.northwind.owner


@pytest.fixture
def reader(owner):
    return sign_in(Client(), owner)


def now():
    return timezone.now()


def later(length):
    return lambda: timezone.now() + length


def sent(answer):
    return b"".join(answer.streaming_content)


def ask(reader, address="/users/csv/"):
    """Take the offer; the export."""
    answer = reader.post(reverse("exports"), {"address": address})
    assert answer.status_code == 303, answer.content.decode()
    return Export.objects.get(pk=answer.headers["Location"].split("/")[-2])


def asked(owner, at=None):
    """The same without the reader."""
    listing = Listing("users.csv", ["Name"], [])
    return ask_for_export(address="/users/csv/", listing=listing, by=owner, at=at or now())


def fetched(reader, export):
    return reader.get(reverse("export-file", args=[export.pk]))


def shown(reader, export):
    return " ".join(reader.get(export.get_absolute_url()).content.decode().split())


@pytest.mark.django_db
class TestAList:
    def test_of_few_rows_is_sent_at_once(self, reader):
        answer = reader.get("/users/csv/")
        assert (answer.headers["Content-Type"], answer.streaming) == ("text/csv; charset=utf-8", True)
        assert "zoë0" in sent(answer).decode()

    def test_that_nothing_matches_is_an_empty_file(self, reader, long_lists):
        assert sent(reader.get("/users/csv/?q=nobody")).decode().splitlines() == [
            "\ufeffOrganization,User name,First name,Last name,E-mail,State,Added,ID"
        ]

    def test_of_many_is_offered_and_nothing_is_written_until_it_is_taken(self, reader, long_lists):
        page = reader.get("/users/csv/?sort=-name").content.decode()
        assert 'name="address" value="/users/csv/?sort=-name"' in page
        assert not Export.objects.exists()

    def test_is_as_long_as_it_may_be_sent_at_once(self, reader, monkeypatch):
        monkeypatch.setattr(
            "accounts.listings.DIRECT_EXPORT_MAX", User.objects.filter(organization__provider__name="Northwind MSP").count()
        )
        assert reader.get("/users/csv/").streaming
        user(User.objects.get(user_name="zoë0").organization, "one.more")
        assert not reader.get("/users/csv/").streaming


@pytest.mark.django_db
class TestAsking:
    def test_leads_to_a_page_that_follows_it_and_stands_in_the_log(self, reader, owner):
        export = ask(reader)
        page = shown(reader, export)
        assert "Waiting for the file to be begun" in page
        assert f'hx-get="{export.get_absolute_url()}" hx-trigger="every 1s"' in page
        assert '<noscript><meta http-equiv="refresh"' in page
        assert fetched(reader, export).status_code == 404
        event = AuditEvent.objects.get(action="export.asked")
        assert (event.actor_name, event.details["address"]) == (owner.name, "/users/csv/")

    @pytest.mark.parametrize("address", ["/users/", "/nowhere/", "/exports/", "https://evil.example/x", "users/csv/", "//["])
    def test_for_what_is_no_csv_is_refused(self, reader, address):
        assert reader.post(reverse("exports"), {"address": address}).status_code == 404
        assert not Export.objects.exists()

    def test_for_what_one_may_not_see_is_refused_and_noted(self, cast):
        junior = cast.northwind.by_role[Role.HELP_DESK]
        answer = sign_in(Client(), junior).post(reverse("exports"), {"address": "/account/payments/csv/"})
        assert answer.status_code == 403
        assert AuditEvent.objects.get(action="refused.see_invoices").actor_name == junior.name

    def test_for_another_clients_list_is_refused(self, cast, acme):
        stranger = cast.northwind.clients[1].administrator
        address = reverse("organization-users-csv", args=[acme.pk])
        assert sign_in(Client(), stranger).post(reverse("exports"), {"address": address}).status_code == 404
        assert sign_in(Client(), stranger).post(reverse("exports"), {"address": "/users/csv/"}).status_code == 404
        assert not Export.objects.exists()
        assert ask(sign_in(Client(), acme.administrator), address).rows_expected == 6

    def test_for_too_many_at_a_time_is_refused(self, reader, owner, cast):
        for _ in range(EXPORTS_UNDER_WAY_MAX):
            asked(owner)
        with pytest.raises(TooManyUnderWay):
            asked(owner)
        assert "still being made" in reader.post(reverse("exports"), {"address": "/users/csv/"}).content.decode()
        assert asked(cast.northwind.by_role[Role.READ_ONLY])

    def test_for_more_than_are_kept_is_refused(self, owner):
        for _ in range(EXPORTS_KEPT_MAX):
            Export.objects.filter(pk=asked(owner).pk).update(state="ready", expires_at=now() + EXPORTS_KEPT_FOR)
        with pytest.raises(TooManyKept):
            asked(owner)
        assert asked(owner, at=now() + EXPORTS_KEPT_FOR)


class TestTheWorker:
    @pytest.fixture(autouse=True)
    def _committed(self, committed):
        """What it writes goes over a connection of its own."""

    def test_makes_the_very_file_that_is_sent_at_once(self, cast, reader, acme, request):
        sign_in(Client(), cast.northwind.by_role[Role.HELP_DESK]).get("/activity/csv/")  # refused, so that the log has a line
        in_german = {"Accept-Language": "de"}
        addresses = [*FILES, reverse("organization-users-csv", args=[acme.pk])]
        directly = {address: sent(reader.get(address, headers=in_german)) for address in addresses}
        request.getfixturevalue("long_lists")
        for address in addresses:
            assert not reader.get(address).streaming, address
            reader.post(reverse("exports"), {"address": address}, headers=in_german)
            assert work_exports(now) == 1
            export = Export.objects.newest_first()[0]
            made = sent(fetched(reader, export))
            assert made == directly[address]
            assert (export.state, export.rows_written, export.size) == ("ready", export.rows_expected, len(made))
            assert "The file is ready" in shown(reader, export)

    def test_reads_one_instant_although_rows_come_meanwhile(self, reader, acme, long_lists, monkeypatch):
        export, write = ask(reader), making_exports.Pen.write

        def write_and_add(pen, text):
            write(pen, text)
            if pen.places == 1:
                with pen.connection.cursor() as beside:
                    beside.execute("update usage_user set user_name = 'late', email = 'late@x.example' where user_name = 'zoë4'")

        monkeypatch.setattr(making_exports.Pen, "write", write_and_add)
        work_exports(now)
        assert User.objects.filter(user_name="late").exists()
        assert "zoë4" in sent(fetched(reader, export)).decode()
        assert ExportPiece.objects.count() > 2

    def test_stops_when_the_person_deletes_it(self, reader, long_lists, monkeypatch):
        export, write = ask(reader), making_exports.Pen.write

        def write_and_delete(pen, text):
            write(pen, text)
            with pen.connection.cursor() as beside:
                beside.execute("delete from accounts_export")

        monkeypatch.setattr(making_exports.Pen, "write", write_and_delete)
        assert work_exports(now) == 1
        assert (Export.objects.count(), ExportPiece.objects.count()) == (0, 0)
        assert reader.get(export.get_absolute_url()).status_code == 404

    def test_begins_anew_what_a_killed_one_left(self, reader, long_lists, monkeypatch):
        export, write = ask(reader), making_exports.Pen.write

        def die(pen, text):
            write(pen, text)
            raise SystemExit

        monkeypatch.setattr(making_exports.Pen, "write", die)
        with pytest.raises(SystemExit):
            work_exports(now)
        monkeypatch.setattr(making_exports.Pen, "write", write)
        assert "1 of 7 rows written" in shown(reader, export)
        assert ExportPiece.objects.count() == 1
        assert work_exports(now) == 0, "its lease still holds"
        assert work_exports(later(EXPORT_LEASE)) == 1
        export.refresh_from_db()
        assert (export.state, export.attempt, export.rows_written) == ("ready", 2, 7)
        assert sent(fetched(reader, export)).decode().count("\r\n") == 8

    def test_does_not_write_beside_the_one_that_took_over(self, reader, owner, long_lists):
        ask(reader)
        silent = claim(now())
        taken = claim(now() + EXPORT_LEASE)
        assert (silent.pk, taken.attempt) == (taken.pk, 2)
        with making_exports.Pen(silent, now) as pen, pytest.raises(making_exports.ClaimLost):
            pen.write("late")
        making_exports.make(taken, now)
        assert Export.objects.get().state == "ready"

    def test_gives_up_after_some_attempts_and_says_so(self, reader, owner, long_lists, monkeypatch):
        bad, good = ask(reader), ask(reader, "/devices/csv/")
        listing_for = making_exports.listing_for

        def fail(request):
            if request.path == "/users/csv/":
                raise ZeroDivisionError
            return listing_for(request)

        monkeypatch.setattr(making_exports, "listing_for", fail)
        for attempt in range(EXPORT_ATTEMPTS_MAX):
            assert "could not be made" not in shown(reader, bad)
            with pytest.raises(ExceptionGroup):
                work_exports(later(timedelta(hours=attempt)))
        assert work_exports(later(timedelta(days=1))) == 0
        assert "could not be made, several times over" in shown(reader, bad)
        good.refresh_from_db()
        assert good.state == "ready", "one that fails keeps no other waiting"

    def test_tells_of_one_whose_workers_fell_silent_time_and_again(self, reader, long_lists):
        export = ask(reader)
        for attempt in range(EXPORT_ATTEMPTS_MAX):
            assert claim(now() + attempt * EXPORT_LEASE).attempt == attempt + 1
        assert work_exports(later(EXPORT_LEASE * EXPORT_ATTEMPTS_MAX)) == 0
        assert "could not be made" in shown(reader, export)


class TestWhoseRightsWentMeanwhile:
    @pytest.fixture(autouse=True)
    def _committed(self, committed):
        """As above."""

    @pytest.fixture
    def limited(self, cast):
        return cast.northwind.limited

    def test_before_it_was_made_gets_no_file(self, cast, limited):
        reader = sign_in(Client(), cast.northwind.by_role[Role.READ_ONLY])
        export = ask(reader, "/activity/csv/")
        Administrator.objects.filter(role=Role.READ_ONLY, provider=cast.northwind.provider).update(role=Role.MANAGER)
        work_exports(now)
        assert "you might not see this list any more" in shown(reader, export)
        assert fetched(reader, export).status_code == 404
        assert not ExportPiece.objects.exists()

    def test_after_it_was_made_is_not_handed_it(self, limited, acme):
        reader = sign_in(Client(), limited)
        export = ask(reader)
        work_exports(now)
        assert "zoë0" in sent(fetched(reader, export)).decode()
        Access.objects.filter(administrator=limited).delete()
        answer = fetched(reader, export)
        assert (answer.status_code, answer.streaming) == (403, False)
        assert "zoë" not in answer.content.decode()
        assert "What you may see has changed" in shown(reader, export)

    def test_while_it_was_made_is_not_handed_it(self, limited, acme, long_lists, monkeypatch):
        reader, write = sign_in(Client(), limited), making_exports.Pen.write
        export = ask(reader)

        def write_and_take_away(pen, text):
            write(pen, text)
            with pen.connection.cursor() as beside:
                beside.execute("delete from accounts_access where administrator_id = %s", [limited.pk])

        monkeypatch.setattr(making_exports.Pen, "write", write_and_take_away)
        work_exports(now)
        export.refresh_from_db()
        assert (export.state, export.rows_written) == ("ready", 6), "it reads as of one instant"
        assert fetched(reader, export).status_code == 403

    def test_has_what_his_page_has_and_no_more(self, limited, acme):
        reader = sign_in(Client(), limited)
        export = ask(reader)
        work_exports(now)
        assert {line.split(",")[0] for line in sent(fetched(reader, export)).decode().splitlines()[1:]} == {"Acme Dental"}

    def test_and_his_place_with_it_leaves_nothing(self, cast, acme):
        junior = cast.northwind.by_role[Role.MANAGER]
        ask(sign_in(Client(), junior))
        Administrator.objects.filter(pk=junior.pk).update(suspended_at=now())
        work_exports(now)
        assert Export.objects.get().problem == "gone"
        junior.refresh_from_db()
        junior.delete()
        assert not Export.objects.exists()


class TestTheWall:
    SEEN = "select (select count(*) from accounts_export), (select count(*) from accounts_exportpiece)"

    def test_shows_no_other_reader_the_file_and_lets_nobody_change_it(self, committed, cast, acme):
        limited, web = cast.northwind.limited, committed.connect("web", autocommit=True)
        export = ask(sign_in(Client(), limited))
        work_exports(now)
        for reader, seen in {
            limited: (1, 1),
            acme.administrator: (0, 0),
            cast.bluefin.owner: (0, 0),
        }.items():
            with raw.scope_of(web, reader):
                assert web.execute(self.SEEN).fetchone() == seen
        with raw.scope_of(web, limited), pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute("update accounts_export set rights = '' where id = %s", [export.pk])


@pytest.mark.django_db
class TestAFile:
    @pytest.fixture
    def export(self, owner):
        Export.objects.filter(pk=asked(owner).pk).update(state="ready", expires_at=now() + EXPORTS_KEPT_FOR)
        return Export.objects.get()

    def test_is_listed_and_deleted(self, reader, export):
        assert export.get_absolute_url() in reader.get(reverse("exports")).content.decode()
        assert reader.post(reverse("export-deletion", args=[export.pk])).status_code == 303
        assert not Export.objects.exists()
        assert "No exports" in reader.get(reverse("exports")).content.decode()

    @pytest.mark.parametrize("what", ["export", "export-file", "export-deletion"])
    def test_is_nobody_elses(self, cast, export, what):
        for stranger in (cast.northwind.by_role[Role.ADMINISTRATOR], cast.northwind.clients[0].administrator, cast.bluefin.owner):
            reader = sign_in(Client(), stranger)
            call = reader.post if what == "export-deletion" else reader.get
            assert call(reverse(what, args=[export.pk])).status_code == 404
        assert Export.objects.exists()

    def test_is_forgotten_when_its_time_is_over(self, reader, export):
        assert forget_exports(export.expires_at - timedelta(seconds=1)) == 0
        Export.objects.update(expires_at=now())
        assert fetched(reader, export).status_code == 404
        assert forget_exports(now()) == 1
        assert not Export.objects.exists()
