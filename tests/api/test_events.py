"""The seat ledger as a feed: whoever reads on from where he stopped misses nothing, whatever commits late, and gets nothing twice."""

from itertools import count
from threading import Event

import pytest
from django.utils import timezone

from accounts.roles import Role
from msp_portal.lib import tenancy
from tests import raw
from tests.api.client import client_of
from tests.usage.history import add, add_devices, new_organization
from usage.models import SeatEvent
from usage.queries import ledger
from usage.queries.ledger import events_after

FEED = "/v2/providers/{provider}/usage/events"
NOBODY = "0" * 24
numbers = count(1)


def read(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["message"]


class Reader:
    """A client that keeps books: it goes on from where it stopped, and remembers what it was given."""

    def __init__(self, api, query=""):
        self.api, self.query = api, query
        self.after, self.seen = "", []

    def read(self, limit=100):
        """One page; the ids that are new."""
        page = read(self.api.get(f"{FEED}?limit={limit}&after={self.after}{self.query}"))
        self.after = page["next"]
        new = [event["id"] for event in page["results"]]
        self.seen += new
        return new


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


@pytest.fixture
def api(cast):
    return client_of(cast.northwind)


def ledger_of(provider):
    return list(SeatEvent.objects.filter(provider_id=provider.pk).order_by("pk").values_list("pk", flat=True))


class TestTheFeed:
    def test_tells_who_came_and_went_oldest_first(self, api, acme):
        add_devices(acme.organization, 1)
        acme.user.delete()
        first, _birchs, device, gone = read(api.get(FEED))["results"]
        event = SeatEvent.objects.get(pk=gone["id"])
        at = event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assert gone == {
            "id": event.pk,
            "at": at,
            "kind": "user",
            "delta": -1,
            "countAfter": 0,
            "organization": acme.pk,
            "subject": first["subject"],
            "subjectName": first["subjectName"],
            "by": event.by,
        }
        assert (first["delta"], first["countAfter"], device["kind"]) == (1, 1, "device")

    def test_goes_on_from_where_one_stopped(self, api, cast, acme):
        add(acme.organization, 5)
        reader = Reader(api)
        assert [len(reader.read(limit=3)) for _ in range(4)] == [3, 3, 1, 0]
        assert reader.seen == ledger_of(cast.northwind)
        add(acme.organization, 1)
        assert len(reader.read()) == 1
        assert reader.seen == ledger_of(cast.northwind)

    def test_leads_to_the_next_page_while_there_may_be_one(self, api, acme):
        add(acme.organization, 1)
        answer = api.get(f"{FEED}?limit=2&organization={acme.pk}")
        cursor, path = read(answer)["next"], f"http://testserver/api{FEED.replace('{provider}', api.provider_id)}"
        assert answer["Link"] == f'<{path}?limit=2&organization={acme.pk}&after={cursor}>; rel="next"'
        assert "Link" not in api.get(FEED)

    def test_has_a_place_to_go_on_from_also_when_there_is_nothing(self, api, cast):
        quiet = new_organization(cast.northwind.provider)
        reader = Reader(api, f"&organization={quiet.pk}")
        assert (reader.read(), reader.after) == ([], "e1-0")
        add(quiet, 1)
        assert len(reader.read()) == 1

    def test_of_one_organization_is_its_own(self, api, acme, birch):
        add(birch.organization, 2)
        assert {event["organization"] for event in read(api.get(f"{FEED}?organization={birch.pk}"))["results"]} == {birch.pk}
        assert len(read(api.get(f"{FEED}?organization={acme.pk}"))["results"]) == 1

    def test_keeps_the_events_of_an_organization_that_was_closed_since(self, api, cast, acme):
        """Whoever reads only now and then must hear of those who were removed with it."""
        reader = Reader(api)
        reader.read()
        acme.user.delete()
        acme.organization.close(at=timezone.now())
        assert len(reader.read()) == 1
        assert len(read(api.get(f"{FEED}?organization={acme.pk}"))["results"]) == 2

    def test_has_nothing_of_other_providers(self, api, cast):
        add(cast.bluefin.clients[0].organization, 3)
        assert {event["organization"] for event in read(api.get(FEED))["results"]} == {
            client.pk for client in cast.northwind.clients
        }

    @pytest.mark.parametrize(
        ("role", "hidden"),
        [
            (Role.ADMINISTRATOR_WITH_BILLING, set()),
            (Role.READ_ONLY, set()),
            (Role.MANAGER, {"by"}),
            (Role.HELP_DESK, {"by"}),
            (Role.BILLING_ONLY, {"subject", "subjectName", "by"}),
        ],
    )
    def test_names_people_to_keys_that_may_see_them(self, cast, role, hidden):
        event = read(client_of(cast.northwind, role).get(FEED))["results"][0]
        assert {"subject", "subjectName", "by"} - set(event) == hidden


class TestWhatIsNoQuestion:
    @pytest.mark.parametrize(
        "query",
        [
            *(
                "after=1",
                "after=e1-",
                "after=e1-xyz",
                "after=e2-1",
                "after=e1-1%00",
                "after=e1-٣",
                f"after=e1-{'f' * 16}",
                "after=e1-1,e1-2",
            ),
            *("limit=0", "limit=1001", "limit=ten", "organization=acme", f"organization={'A' * 24}"),
        ],
    )
    def test_is_a_bad_request(self, api, query):
        assert refused(api.get(f"{FEED}?{query}"), 400)

    def test_about_a_foreign_organization_is_as_about_none(self, api, cast):
        foreign, unknown = (api.get(f"{FEED}?organization={pk}") for pk in (cast.bluefin.clients[0].pk, NOBODY))
        assert refused(foreign, 404) == "Not Found"
        assert foreign.content == unknown.content

    def test_is_not_the_largest_cursor(self, api):
        assert read(api.get(f"{FEED}?after=e1-{'f' * 15}")) == {"results": [], "next": f"e1-{'f' * 15}"}


class TestAnEventThatCommitsLate:
    """Its number was drawn before that of an event that is there already."""

    @pytest.fixture
    def late(self, committed, acme):
        """Someone who adds a user to Acme and has not committed yet."""
        connection = committed.connect("web")
        enter(connection, acme)
        raw.add_user(connection, acme.organization, "late")
        return connection

    def test_is_not_missed(self, api, cast, late, birch):
        reader = Reader(api)
        add(birch.organization, 1)
        before = reader.read()
        late.commit()
        assert len(reader.read()) == 2
        assert reader.seen == ledger_of(cast.northwind)
        assert len(before) == 2  # the users that the cast began with

    def test_is_missed_by_who_goes_by_numbers_alone(self, api, cast, late, birch, monkeypatch):
        """The control: without the lock that shows the writer."""
        monkeypatch.setattr(ledger, "settled_event", lambda: 2**62)
        reader = Reader(api)
        add(birch.organization, 1)
        reader.read()
        late.commit()
        assert reader.read() == []
        assert len(ledger_of(cast.northwind)) == len(reader.seen) + 1

    def test_holds_nothing_up_once_it_is_rolled_back(self, api, cast, late, birch):
        add(birch.organization, 1)
        late.rollback()
        assert Reader(api).read() == ledger_of(cast.northwind)

    def test_holds_nothing_up_that_came_before_it(self, api, cast, late):
        assert Reader(api).read() == ledger_of(cast.northwind)

    def test_of_another_provider_holds_up_too_what_came_after_it(self, committed, api, cast, birch):
        """Numbers are drawn for all providers from one row; a writer tells only how far that was."""
        stranger = cast.bluefin.clients[0]
        connection = committed.connect("web")
        enter(connection, stranger)
        raw.add_user(connection, stranger.organization, "late")
        add(birch.organization, 1)
        reader = Reader(api)
        assert len(reader.read()) == 2
        connection.rollback()
        assert len(reader.read()) == 1


class TestTheLockOfAWriter:
    SHOWN = "select count(*) from pg_locks where locktype = 'advisory' and classid::bigint >> 12 = 7265"

    def shown(self, watcher):
        return watcher.execute(self.SHOWN).fetchone()[0]

    def test_is_one_for_a_transaction_however_much_it_writes(self, committed, acme):
        writer, watcher = committed.connect("web"), committed.connect("system", autocommit=True)
        enter(writer, acme)
        for name in ("ada", "bob", "cy"):
            raw.add_user(writer, acme.organization, name)
        assert self.shown(watcher) == 1
        writer.commit()
        assert self.shown(watcher) == 0

    def test_is_taken_anew_after_the_savepoint_that_took_it_was_rolled_back(self, committed, api, cast, acme, birch):
        writer, watcher = committed.connect("web"), committed.connect("system", autocommit=True)
        enter(writer, acme)
        writer.execute("savepoint first")
        raw.add_user(writer, acme.organization, "ada")
        writer.execute("rollback to savepoint first")
        assert self.shown(watcher) == 0
        raw.add_user(writer, acme.organization, "bob")
        assert self.shown(watcher) == 1
        reader = Reader(api)
        add(birch.organization, 1)
        assert len(reader.read()) == 2
        writer.commit()
        reader.read()
        assert reader.seen == ledger_of(cast.northwind)

    def test_keeps_nobody_waiting(self, committed, acme, birch):
        first, second = committed.connect("web"), committed.connect("web", autocommit=True)
        enter(first, acme)
        raw.add_user(first, acme.organization, "ada")
        second.execute("set lock_timeout = '100ms'")
        assert raw.try_to_add(second, birch.organization, "bob") == "added"


class TestARaceOfWritersAndAReader:
    WRITERS = 6

    @pytest.fixture
    def rounds(self, full):
        return 200 if full else 25

    def test_loses_nothing_repeats_nothing_and_keeps_each_organizations_order(self, committed, cast, rounds):
        houses = [client.organization for client in cast.northwind.clients]
        writers = [committed.connect("web") for _ in range(self.WRITERS)]
        seen, done = [], Event()

        def read_on():
            """Without the door, whose limit of requests a minute would end the race."""
            with tenancy.scope(cast.northwind.pk):
                new = events_after(SeatEvent.objects.filter(provider_id=cast.northwind.pk), seen[-1] if seen else 0, most=7)
            seen.extend(event.pk for event in new)
            return new

        def write(connection, place):
            try:
                for turn in range(rounds):
                    enter(connection, houses[(place + turn) % 2])
                    raw.add_user(connection, houses[(place + turn) % 2], f"u{next(numbers)}")
                    connection.rollback() if turn % 5 == 4 else connection.commit()
            finally:
                if place == 0:
                    done.set()

        def follow():
            while not done.is_set():
                read_on()

        outcomes = committed.together([*(lambda c=c, p=p: write(c, p) for p, c in enumerate(writers)), follow])
        assert outcomes == [None] * (self.WRITERS + 1)
        while read_on():
            pass
        assert seen == ledger_of(cast.northwind)
        for house in houses:
            counts = (
                SeatEvent.objects.filter(organization=house, pk__in=seen).order_by("pk").values_list("count_after", flat=True)
            )
            assert list(counts) == list(range(1, len(counts) + 1))


def enter(connection, client):
    """Begin a transaction in the scope of the client's provider, to be ended by the test."""
    organization = getattr(client, "organization", client)
    connection.execute(raw.ENTER, ["portal_tenant", organization.provider_id, "", "provider", "Raw SQL"])
