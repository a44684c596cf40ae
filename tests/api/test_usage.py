"""Usage through the API: the figures of the page, of every organization and month, each from the one query that bills."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, Provider
from accounts.roles import PERMISSIONS, Permission, Role
from tests.api.client import client_of
from tests.usage.history import add, add_devices, change, clock, new_organization, new_provider, recount_now, run_hourly_job, utc
from usage.models import BillingMonth, ClosedMonth, LicenseTotal, Licensing, Seats
from usage.queries.marks import marks_of, present_month

TOTALS = "/v2/providers/{provider}/usage"
LIST = f"{TOTALS}/organizations"
HOURS = f"{TOTALS}/licence-totals"
NOBODY = "0" * 24
NOT_COUNTED = ("SAVEPOINT", "RELEASE", "select set_config")


def read(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(answer, status):
    assert answer.status_code == status, answer.content
    return answer.json()["message"]


def instant(text):
    return datetime.fromisoformat(text)


@pytest.fixture
def acme(northwind):
    return northwind.clients[0]


@pytest.fixture
def birch_is_closed(northwind):
    birch = northwind.clients[1].organization
    birch.users.all().delete()
    birch.close(at=timezone.now())
    return birch


class TestTheTotals:
    def test_are_the_sums_of_all_organizations_with_the_month_they_are_of(self, api, northwind, acme):
        add(acme.organization, 4)
        add_devices(acme.organization, 2)
        acme.organization.users.first().delete()
        found = read(api.get(TOTALS))
        month = present_month(northwind.provider, timezone.now())
        assert {
            name: found[name] for name in ("organizations", "users", "devices", "highWaterMark", "highWaterMarkLastMonth")
        } == {
            "organizations": 2,
            "users": 5,
            "devices": 2,
            "highWaterMark": 6,
            "highWaterMarkLastMonth": 0,
        }
        assert (found["month"], found["timeZone"]) == (f"{month.month:%Y-%m}", "UTC")
        assert [instant(found[name]) for name in ("monthStartsAt", "monthEndsAt")] == [month.starts_at, month.ends_at]
        assert instant(found["monthStartsAt"]) <= instant(found["asOf"]) < instant(found["monthEndsAt"])

    def test_know_the_mark_of_the_sum_from_the_hourly_totals_of_this_month(self, api, northwind):
        long_ago = timezone.now() - timedelta(days=40)
        LicenseTotal.objects.create(
            provider=northwind.provider,
            slot=long_ago,
            counted_at=long_ago,
            consumed=9,
            devices=0,
            organizations=1,
            mark_of_the_sum=9,
        )
        assert read(api.get(TOTALS))["highWaterMarkOfTheSum"] is None
        recount_now()
        found = read(api.get(TOTALS))
        assert (found["highWaterMarkOfTheSum"], found["highWaterMark"]) == (2, 2)

    def test_have_the_licences_beside_them(self, api, northwind, acme):
        assert read(api.get(TOTALS))["licences"] == {
            "package": "Platform Plus",
            "committed": 100,
            "consumed": None,
            "available": None,
            "overage": None,
            "state": None,
            "asOf": None,
            "forecast": None,
        }
        add(acme.organization, 120)
        recount_now()
        found = read(api.get(TOTALS))["licences"]
        assert found["forecast"] == {
            "amountSoFar": "154.00",
            "low": None,
            "high": None,
            "lowAmount": None,
            "highAmount": None,
            "currency": "USD",
            "passesCommitmentOn": None,
        }
        assert [found[name] for name in ("consumed", "available", "overage", "state")] == [122, 0, 22, "over"]

    def test_have_no_overage_without_a_commitment(self, cast):
        recount_now()
        api = client_of(cast.bluefin)
        found = read(api.get(TOTALS))["licences"]
        assert [found[name] for name in ("committed", "consumed", "available", "overage", "state")] == [None, 2, None, None, None]
        Licensing.objects.filter(provider=cast.bluefin.provider).delete()
        assert read(api.get(TOTALS))["licences"] is None

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.HELP_DESK, Role.READ_ONLY])
    def test_are_told_without_licences_to_keys_that_may_not_see_them(self, northwind, role):
        assert "licences" not in read(client_of(northwind, role).get(TOTALS))

    def test_leave_closed_organizations_out_unless_asked(self, api, birch_is_closed):
        assert [read(api.get(TOTALS))[name] for name in ("organizations", "users", "highWaterMark")] == [1, 1, 1]
        assert [read(api.get(f"{TOTALS}?closed=true"))[name] for name in ("organizations", "users", "highWaterMark")] == [2, 1, 2]
        assert "is not a flag" in refused(api.get(f"{TOTALS}?closed=maybe"), 400)

    def test_take_six_statements(self, api, northwind):
        api.get(TOTALS)
        assert len(statements(lambda: api.get(TOTALS))) <= 6


class TestTheMonth:
    """The boundaries that a client reads before anything has happened in a month are those that the database gives it afterwards."""

    @pytest.mark.parametrize(
        ("zone", "changed_to", "at"),
        [
            ("UTC", "UTC", utc(2026, 4, 1)),
            ("America/Denver", "America/Denver", utc(2026, 4, 1, 6)),
            ("UTC", "America/Denver", utc(2026, 4, 1, 0, 30)),  # still March in Denver
            ("UTC", "Asia/Tokyo", utc(2026, 4, 1, 0, 30)),
            ("Asia/Tokyo", "America/Denver", utc(2026, 3, 31, 16)),
            ("America/Havana", "America/Havana", utc(2026, 11, 1, 6)),  # whose midnight comes twice on that day
            ("UTC", "Europe/Berlin", utc(2026, 6, 30, 23)),  # three turns later
        ],
    )
    def test_is_the_databases_own(self, db, zone, changed_to, at):
        provider = new_provider(zone=zone)
        client = new_organization(provider, at=utc(2026, 3, 5), users=1)
        with clock(utc(2026, 3, 10)):
            Provider.objects.filter(pk=provider.pk).update(time_zone=changed_to)
        provider.refresh_from_db()
        foretold = boundaries(present_month(provider, at))
        assert not BillingMonth.objects.filter(provider=provider, ends_at__gt=at).exists()
        change(client, 1, at)
        assert boundaries(BillingMonth.objects.get(provider=provider, ends_at__gt=at)) == foretold

    def test_of_a_new_provider_is_the_calendars(self, db):
        month = present_month(new_provider(zone="America/Denver"), utc(2026, 3, 1, 6, 59))
        assert boundaries(month) == (date(2026, 2, 1), "America/Denver", utc(2026, 2, 1, 7), utc(2026, 3, 1, 7))


class TestTheUsageOfAnOrganization:
    def test_is_told_in_full(self, api, northwind, acme):
        add(acme.organization, 4)
        add_devices(acme.organization, 2)
        acme.cap(5)
        Organization.objects.filter(pk=acme.pk).update(external_id="PSA-7")
        seats, month = acme.seats, present_month(northwind.provider, timezone.now())
        assert read(api.get(f"{LIST}/{acme.pk}")) == {
            "id": acme.pk,
            "_id": acme.pk,
            "name": "Acme Dental",
            "externalId": "PSA-7",
            "users": 5,
            "devices": 2,
            "highWaterMark": 5,
            "highWaterMarkAt": wire(seats.users_mark_at),
            "highWaterMarkLastMonth": None,
            "deviceHighWaterMark": 2,
            "deviceHighWaterMarkAt": wire(seats.devices_mark_at),
            "deviceHighWaterMarkLastMonth": None,
            "maxSystemUsers": 5,
            "seatsLeft": 0,
            "capState": "LIMIT REACHED",
            "month": f"{month.month:%Y-%m}",
            "timeZone": "UTC",
        }

    @pytest.mark.parametrize(
        ("cap", "left", "state"),
        [(None, None, None), (1, 0, "LIMIT REACHED"), (2, 1, "NEAR LIMIT"), (11, 10, "NEAR LIMIT"), (12, 11, None)],
    )
    def test_tells_the_state_of_the_cap_in_words(self, api, acme, cap, left, state):
        acme.cap(cap)
        found = read(api.get(f"{LIST}/{acme.pk}"))
        assert (found.get("maxSystemUsers"), found["seatsLeft"], found["capState"]) == (cap, left, state)
        if state:
            assert [row["id"] for row in read(api.get(f"{LIST}?filter=capState:eq:{state}"))["results"]] == [acme.pk]

    def test_chooses_fields(self, api, acme):
        assert set(read(api.get(f"{LIST}/{acme.pk}?fields=users,seatsLeft"))) == {"id", "_id", "users", "seatsLeft"}

    def test_of_a_closed_one_is_there_when_asked(self, api, birch_is_closed):
        place = f"{LIST}/{birch_is_closed.pk}"
        assert refused(api.get(place), 404) == "Not Found"
        assert instant(read(api.get(f"{place}?closed=true"))["closedAt"]) <= timezone.now()

    @pytest.mark.parametrize("ending", ["", "/marks"])
    def test_of_a_foreign_and_an_unknown_one_are_alike(self, api, cast, ending):
        foreign, unknown = (api.get(f"{LIST}/{pk}{ending}") for pk in (cast.bluefin.clients[0].pk, NOBODY))
        assert (foreign.status_code, foreign.content) == (404, unknown.content)
        assert api.get(f"{LIST}/acme{ending}").status_code == 400

    def test_has_a_tag_that_changes_with_what_it_shows_and_serves_to_change_the_cap(self, api, acme):
        seen = api.get(f"{LIST}/{acme.pk}")["ETag"]
        assert api.get(f"{LIST}/{acme.pk}")["ETag"] == seen
        add(acme.organization, 1)
        assert api.get(f"{LIST}/{acme.pk}")["ETag"] != seen
        place = f"/v2/providers/{{provider}}/organizations/{acme.pk}"
        assert api.put(place, {"maxSystemUsers": 9}, **{"If-Match": seen}).status_code == 200
        assert api.put(place, {"maxSystemUsers": 8}, **{"If-Match": seen}).status_code == 412


class TestTheUsageOfAll:
    @pytest.fixture
    def three(self, northwind, acme):
        """Acme with 6 of 8, Birch with 1 and no cap, Cedar with 0 of 3."""
        add(acme.organization, 5)
        acme.cap(8)
        new_organization(northwind.provider, "Cedar Bakery", user_cap=3)

    def test_is_what_each_says_of_itself(self, api, northwind, three):
        rows = read(api.get(LIST))["results"]
        assert rows == [read(api.get(f"{LIST}/{row['id']}")) for row in rows]
        assert [row["users"] for row in rows] == [6, 1, 0]

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("sort=-users", ["Acme Dental", "Birch Legal", "Cedar Bakery"]),
            ("sort=seatsLeft", ["Acme Dental", "Cedar Bakery", "Birch Legal"]),
            ("sort=highWaterMark,name", ["Cedar Bakery", "Birch Legal", "Acme Dental"]),
            ("filter=seatsLeft:le:2", ["Acme Dental"]),
            ("filter=seatsLeft:le:1000", ["Acme Dental", "Cedar Bakery"]),
            ("filter=seatsLeft:gt:9007199254740992", []),
            ("filter=highWaterMark:ge:1,users:lt:6", ["Birch Legal"]),
            ("filter=highWaterMark:in:0|9007199254740992", ["Cedar Bakery"]),
            ("filter=deviceHighWaterMark:gt:-9007199254740992&limit=1", ["Acme Dental"]),
            ("filter=capState:eq:limit reached", []),
            ("filter=capState:in:LIMIT%20REACHED|NEAR%20LIMIT&sort=-users", ["Acme Dental", "Cedar Bakery"]),
            ("filter=capState:ne:NEAR LIMIT", ["Birch Legal"]),
            ("search=bak", ["Cedar Bakery"]),
            ("search[searchTerm]=LEGAL", ["Birch Legal"]),
        ],
    )
    def test_is_filtered_sorted_and_searched(self, api, three, query, names):
        assert [row["name"] for row in read(api.get(f"{LIST}?{query}"))["results"]] == names

    def test_leaves_closed_organizations_out_unless_asked(self, api, birch_is_closed):
        assert [row["name"] for row in read(api.get(LIST))["results"]] == ["Acme Dental"]
        rows = read(api.get(f"{LIST}?closed=true&sort=name"))["results"]
        assert [(row["name"], "closedAt" in row) for row in rows] == [("Acme Dental", False), ("Birch Legal", True)]

    def test_takes_five_statements_however_many_there_are(self, api, northwind, three):
        api.get(LIST)
        assert len(statements(lambda: api.get(f"{LIST}?limit=1"))) == 5

    def test_reads_as_rolled_between_the_turn_and_the_roll(self, cast):
        """A month in which nothing has happened yet begins with what was carried in, at its first instant."""
        provider = cast.northwind.provider
        old = new_organization(provider, at=utc(2026, 3, 5), users=10)
        change(old, 3, utc(2026, 3, 10))
        change(old, -1, utc(2026, 3, 11))
        with time_machine.travel(utc(2026, 4, 1, 1), tick=False):
            api = client_of(cast.northwind)
            row = read(api.get(f"{LIST}/{old.pk}"))
        assert [row[name] for name in ("month", "users", "highWaterMark", "highWaterMarkAt", "highWaterMarkLastMonth")] == [
            *("2026-04", 12, 12, "2026-04-01T00:00:00Z", 13)
        ]
        assert [row[name] for name in ("deviceHighWaterMark", "deviceHighWaterMarkAt", "deviceHighWaterMarkLastMonth")] == [
            *(0, "2026-04-01T00:00:00Z", 0)
        ]


class TestTheMarksByMonth:
    @pytest.fixture
    def client(self, db):
        """Users since March 2026 in Denver."""
        organization = new_organization(new_provider(zone="America/Denver"), at=utc(2026, 3, 5), users=10)
        change(organization, 3, utc(2026, 3, 10))
        change(organization, -5, utc(2026, 4, 20))
        return organization

    def told(self, client, at):
        marks = marks_of(Seats.objects.as_of(at).get(pk=client.pk), present_month(client.provider, at), at)
        return [(m.calendar.month.month, m.is_closed, m.users_carried, m.users_mark, m.users_mark_at) for m in marks]

    def test_are_the_closed_ones_and_the_present(self, client):
        run_hourly_job(utc(2026, 5, 2))
        assert self.told(client, utc(2026, 5, 3)) == [
            (5, False, 8, 8, utc(2026, 5, 1, 6)),
            (4, True, 13, 13, utc(2026, 4, 1, 6)),
            (3, True, 0, 13, utc(2026, 3, 10)),
        ]

    def test_have_the_month_that_has_turned_but_is_not_closed_yet(self, client):
        assert self.told(client, utc(2026, 5, 1, 6)) == [
            (5, False, 8, 8, utc(2026, 5, 1, 6)),
            (4, False, 13, 13, utc(2026, 4, 1, 6)),
            (3, True, 0, 13, utc(2026, 3, 10)),
        ]


class TestTheMarksOverHttp:
    @pytest.fixture
    def old(self, northwind):
        """Three users and a device since 70 days: two or three months are closed, each with a mark of 3."""
        start = timezone.now() - timedelta(days=70)
        organization = new_organization(northwind.provider, at=start, users=3)
        with clock(start):
            add_devices(organization, 1)
        recount_now()
        return organization

    def test_are_told_newest_first_by_pages(self, api, old):
        answer = api.get(f"{LIST}/{old.pk}/marks?limit=2")
        first, rest = read(answer), read(api.get(f"{LIST}/{old.pk}/marks?skip=2"))
        months = 1 + ClosedMonth.objects.filter(organization=old).count()
        assert (first["totalCount"], answer["x-total-count"], 'rel="next"' in answer["Link"]) == (months, str(months), True)
        rows = [*first["results"], *rest["results"]]
        assert [row["month"] for row in rows] == sorted({row["month"] for row in rows}, reverse=True)
        assert [row["closed"] for row in rows] == [False, *[True] * (months - 1)]
        assert [row["carriedIn"] for row in rows] == [*[3] * (months - 1), 0]

    def test_say_of_each_month_where_it_lay_and_what_users_and_devices_reached(self, api, old):
        row = read(api.get(f"{LIST}/{old.pk}/marks"))["results"][1]
        closed = ClosedMonth.objects.filter(organization=old).latest("month")
        calendar = BillingMonth.objects.get(provider_id=old.provider_id, month=closed.month)
        assert row == {
            "month": f"{closed.month:%Y-%m}",
            "timeZone": "UTC",
            "startsAt": wire(calendar.starts_at),
            "endsAt": wire(calendar.ends_at),
            "closed": True,
            "highWaterMark": 3,
            "highWaterMarkAt": wire(closed.users_mark_at),
            "carriedIn": 3,
            "deviceHighWaterMark": 1,
            "deviceHighWaterMarkAt": wire(closed.devices_mark_at),
            "devicesCarriedIn": 1,
        }

    def test_of_a_closed_organization_are_there_when_asked(self, api, birch_is_closed):
        place = f"{LIST}/{birch_is_closed.pk}/marks"
        assert api.get(place).status_code == 404
        assert read(api.get(f"{place}?closed=true"))["totalCount"] == 1


class TestTheHourlyTotals:
    @pytest.fixture
    def four(self, northwind):
        """Hours 9 to 12 of 2 March 2026."""
        for hour in range(9, 13):
            LicenseTotal.objects.create(
                provider=northwind.provider,
                slot=utc(2026, 3, 2, hour),
                counted_at=utc(2026, 3, 2, hour, 0, 2),
                consumed=hour,
                devices=1,
                organizations=2,
            )
        return northwind

    def hours(self, answer):
        return [instant(row["slot"]).hour for row in read(answer)["results"]]

    def test_are_told_newest_first_with_all_that_is_known(self, api, northwind):
        recount_now()
        (row,) = read(api.get(HOURS))["results"]
        total = LicenseTotal.objects.get(provider=northwind.provider)
        assert row == {
            "slot": wire(total.slot),
            "countedAt": wire(total.counted_at),
            "consumed": 2,
            "devices": 0,
            "organizations": 2,
            "committed": 100,
            "highWaterMark": 2,
            "highWaterMarkOfTheSum": 2,
            "highWaterMarkOfTheSumAt": wire(total.mark_of_the_sum_at),
        }

    @pytest.mark.parametrize(
        ("query", "hours"),
        [
            ("", [12, 11, 10, 9]),
            ("sort=slot&limit=2", [9, 10]),
            ("from=2026-03-02T10:00:00Z", [12, 11, 10]),
            ("from=2026-03-02T10:00:00Z&to=2026-03-02T12:00:00Z", [11, 10]),
            ("to=2026-03-02T11:00:00%2B01:00", [9]),
            ("from=2026-03-02&to=2026-03-03", [12, 11, 10, 9]),
            ("from=2026-03-03", []),
            ("filter=consumed:gt:10", [12, 11]),
            ("limit=1000", [12, 11, 10, 9]),
        ],
    )
    def test_are_narrowed_to_a_time(self, api, four, query, hours):
        assert self.hours(api.get(f"{HOURS}?{query}")) == hours

    @pytest.mark.parametrize(
        "query",
        [
            "from=0001-01-01T00:00:00%2B23:59",
            "to=9999-12-31T23:59:59-23:59",
            "from=yesterday",
            "to=2026-13-01",
            "from=0000-00-00",
            "from=2026-03-02T25:00:00Z",
            "to=%00",
            "limit=1001",
            "from=99999-01-01",
        ],
    )
    def test_refuse_a_time_that_is_none(self, api, query):
        refused(api.get(f"{HOURS}?{query}"), 400)

    @pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31T23:59:59Z", "to=2026-03-03T20:00:00%2B23:59"])
    def test_take_the_ends_of_the_calendar_and_any_offset(self, api, four, query):
        assert self.hours(api.get(f"{HOURS}?{query}")) == [12, 11, 10, 9]

    def test_are_for_keys_that_may_see_licences(self, northwind, four):
        for role in (Role.ADMINISTRATOR, Role.BILLING_ONLY):
            expected = 200 if Permission.SEE_LICENSES in PERMISSIONS[role] else 403
            assert client_of(northwind, role).get(HOURS).status_code == expected


def wire(at):
    """As the API writes an instant: to the millisecond, in UTC."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def boundaries(month):
    return month.month, month.time_zone, month.starts_at, month.ends_at


def statements(ask):
    with CaptureQueriesContext(connection) as asked:
        ask()
    return [query["sql"] for query in asked if not query["sql"].lstrip().startswith(NOT_COUNTED)]
