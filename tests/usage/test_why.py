"""Why a mark is what it is: the instant, who was present, what led there; each from the ledger alone."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Provider
from accounts.roles import Role
from tests.cast import sign_in, user
from tests.usage.history import (
    add,
    add_devices,
    change,
    clock,
    new_organization,
    new_provider,
    recount_now,
    run_hourly_job,
    seats,
    utc,
)
from tests.usage.test_marks import move
from tests.walks.stage import issue, sign_contract
from usage.models import LicenseTotal, SeatEvent, User
from usage.queries.marks import present_month
from usage.queries.why import DEVICE, USER, Why, why

pytestmark = pytest.mark.django_db
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def reason(client, month=MARCH, kind=USER, at=None):
    at = at or utc(2026, 4, 20)
    provider = Provider.objects.get(pk=client.provider_id)
    return why(seats(client, at), month, kind, present_month(provider, at), at)


def names(rows):
    return [row.subject_name for row in rows]


@pytest.fixture
def twenty():
    """Twenty users in UTC since February 2026."""
    return new_organization(new_provider(), at=utc(2026, 2, 10), users=20)


class TestTheInstant:
    @pytest.mark.parametrize(
        ("zone", "mark", "at", "carried_in", "steps"),
        [("UTC", 26, utc(2026, 3, 1, 2), 20, 6), ("America/Denver", 23, utc(2026, 3, 10, 12), 20, 3)],
    )
    def test_of_the_golden_vector_is_that_of_its_zone(self, zone, mark, at, carried_in, steps):
        client = new_organization(new_provider(zone=zone), at=utc(2026, 2, 10), users=20)
        change(client, +6, utc(2026, 3, 1, 2))
        change(client, -6, utc(2026, 3, 1, 5))
        change(client, +3, utc(2026, 3, 10, 12))
        change(client, -3, utc(2026, 3, 10, 12, 20))
        run_hourly_job(utc(2026, 4, 2))
        found = reason(client)
        assert (found.mark, found.at, found.carried_in, found.is_closed) == (mark, at, carried_in, True)
        assert (found.present().count(), found.changes().count()) == (mark, steps)

    def test_of_a_month_without_any_event_is_its_first_and_nobody_had_to_come(self, twenty):
        change(twenty, -1, utc(2026, 3, 25))
        run_hourly_job(utc(2026, 5, 2))
        found = reason(twenty, APRIL, at=utc(2026, 5, 2))
        assert (found.mark, found.at, found.reached) == (19, utc(2026, 4, 1), None)
        assert (found.present().count(), found.changes().count()) == (19, 0)

    def test_of_the_present_month_is_told_while_it_runs_and_when_nobody_has_rolled_the_row(self, twenty):
        change(twenty, +2, utc(2026, 3, 5))
        change(twenty, -4, utc(2026, 3, 6))
        running = reason(twenty, at=utc(2026, 3, 20))
        assert (running.mark, running.at, running.present().count(), running.is_closed) == (22, utc(2026, 3, 5), 22, False)
        turned = reason(twenty, at=utc(2026, 4, 1)), reason(twenty, APRIL, at=utc(2026, 4, 1))
        assert [(each.mark, each.present().count()) for each in turned] == [(22, 22), (18, 18)]

    @pytest.mark.parametrize("month", [date(2026, 1, 1), date(2026, 6, 1), date(1, 1, 1), date(9999, 12, 1)])
    def test_is_none_in_a_month_without_the_organization(self, twenty, month):
        found = [reason(twenty, each, at=utc(2026, 3, 20)) for each in (month, MARCH)]
        assert [each and each.mark for each in found] == [None, 20]

    def test_is_of_devices_when_asked(self, twenty):
        with clock(utc(2026, 3, 6)):
            add_devices(twenty, 4)
        found = reason(twenty, kind=DEVICE)
        assert (found.mark, found.at, found.present().count()) == (4, utc(2026, 3, 6), 4)
        assert {row.kind for row in found.present()} == {"device"}


class TestThePresent:
    def test_are_those_up_to_the_event_where_several_share_its_instant(self, twenty):
        change(twenty, +6, utc(2026, 3, 9))
        change(twenty, -8, utc(2026, 3, 9))
        found = reason(twenty)
        assert (found.mark, found.present().count()) == (26, 26)
        assert SeatEvent.objects.filter(organization=twenty, at=found.at).count() == 14

    def test_have_who_left_and_came_back_once_since_the_second_coming(self, twenty):
        with clock(utc(2026, 3, 2)):
            ada = user(twenty, "ada")
        with clock(utc(2026, 3, 3)):
            ada.delete()
        with clock(utc(2026, 3, 4)):
            User.objects.bulk_create([User(pk=ada_id(), provider_id=twenty.provider_id, organization=twenty, user_name="ada")])
        change(twenty, +1, utc(2026, 3, 5))
        found = reason(twenty).present().filter(subject_name="ada")
        assert [row.at for row in found] == [utc(2026, 3, 4)]
        assert reason(twenty).present().count() == reason(twenty).mark == 22

    def test_are_told_right_after_a_move(self, twenty):
        other = new_organization(twenty.provider, at=utc(2026, 2, 10), users=30)
        with clock(utc(2026, 3, 15)):
            move(other, twenty, 10)
        found, left = reason(twenty), reason(other)
        assert (found.mark, found.at, found.present().count()) == (30, utc(2026, 3, 15), 30)
        assert found.present().filter(at=utc(2026, 3, 15)).count() == 10
        assert (left.mark, left.reached, left.present().count()) == (30, None, 30)

    def test_keep_the_name_that_the_ledger_had(self, twenty):
        with clock(utc(2026, 3, 2)):
            user(twenty, "ada", first_name="Ada", last_name="Lovelace")
        User.objects.filter(user_name="ada").update(first_name="A.", last_name="King")
        User.objects.filter(user_name="ada").delete()
        assert "Ada Lovelace" in names(reason(twenty).present())


def ada_id():
    return SeatEvent.objects.filter(subject_name="ada").first().subject_id


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def harbor(northwind):
    """Eleven users since 70 days, two of them with names that need folding, and twelve in the present month."""
    start = timezone.now() - timedelta(days=70)
    organization = new_organization(northwind.provider, "Harbor Foods", at=start, users=9)
    with clock(start + timedelta(hours=1)):
        user(organization, "jose", first_name="José", last_name="Müller")
        user(organization, "b", first_name="=2+2", last_name="B")
    recount_now()
    add(organization, 1)
    return organization


def months(organization):
    """The present month of the organization and the one before."""
    found = seats(organization, timezone.now()).month
    return found, (found - timedelta(days=1)).replace(day=1)


def get(client, organization, month, query="", name="mark"):
    response = client.get(reverse(name, args=[organization.pk, month]) + query)
    assert response.status_code == 200
    return response


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def csv_of(client, organization, month, name, query=""):
    text = b"".join(get(client, organization, month, query, name).streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


class TestThePage:
    def test_tells_the_mark_when_it_was_reached_and_that_it_re_adds(self, owner, harbor):
        month, _ = months(harbor)
        words = words_of(get(owner, harbor, month))
        assert "12 users were present at that instant: it re-adds." in words
        assert "1 change of the month up to the mark" in words
        assert re.search(r"First reached \S.* UTC", words)
        assert re.search(r"Carried in 11 1 \w+ 20\d\d", words)
        assert re.search(r"Next reset 1 \w+ 20\d\d", words)
        assert "MARK" in words

    def test_of_a_closed_month_without_events_says_that_all_were_carried_in(self, owner, harbor):
        _, before = months(harbor)
        words = words_of(get(owner, harbor, before))
        assert "11 users were present at that instant: it re-adds. The mark is what was carried in" in words
        assert "Nothing had to change" in words_of(get(owner, harbor, before, name="mark-changes"))

    def test_says_so_when_the_ledger_and_the_mark_differ(self, owner, harbor, monkeypatch):
        month, _ = months(harbor)
        monkeypatch.setattr(Why, "present", lambda self: self._events().filter(delta=1).exclude(subject_name="José Müller"))
        assert "The seat ledger names 11, the mark is 12." in words_of(get(owner, harbor, month))

    def test_is_searched_without_regard_to_case_and_accents_and_still_re_adds(self, owner, harbor):
        month, _ = months(harbor)
        response = get(owner, harbor, month, "?q=jose+MULLER")
        assert names(response.context["page"].rows) == ["José Müller"]
        assert "12 users were present" in words_of(response)
        assert "Nothing matches" in words_of(get(owner, harbor, month, "?q=nobody"))

    @pytest.mark.parametrize("column", ["name", "since"])
    def test_is_sorted_both_ways(self, owner, harbor, column):
        month, _ = months(harbor)
        upwards, downwards = (get(owner, harbor, month, f"?sort={sign}{column}").context["page"].rows for sign in ("", "-"))
        assert names(upwards) == names(downwards)[::-1]

    def test_is_paged(self, owner, harbor):
        add(harbor, 30)
        month, _ = months(harbor)
        assert "26 to 42 of 42" in words_of(get(owner, harbor, month, "?page=2"))
        assert "All 31 changes of the month up to the mark" in words_of(get(owner, harbor, month))
        assert "26 to 31 of 31" in words_of(get(owner, harbor, month, "?page=2", name="mark-changes"))

    def test_has_the_devices_by_a_switch(self, owner, harbor):
        add_devices(harbor, 2)
        month, _ = months(harbor)
        assert "2 devices were present at that instant: it re-adds." in words_of(get(owner, harbor, month, "?of=devices"))
        changes = get(owner, harbor, month, "?of=devices", name="mark-changes").context["page"].rows
        assert [row.count_after for row in changes] == [2, 1]

    def test_says_when_nobody_was_there(self, owner, northwind):
        empty = new_organization(northwind.provider, "Empty House")
        words = words_of(get(owner, empty, months(empty)[0]))
        assert "0 users were present at that instant: it re-adds." in words
        assert "Nobody was there" in words

    @pytest.mark.parametrize("month", ["2026-13", "0000-01", "2019-01", "9999-12", "2026-3", "next"])
    def test_of_no_month_of_the_organization_is_not_found(self, owner, harbor, month):
        assert owner.get(f"/organizations/{harbor.pk}/marks/{month}/").status_code == 404

    @pytest.mark.parametrize(
        ("role", "sees_names", "sees_by"),
        [(Role.BILLING_ONLY, False, False), (Role.HELP_DESK, True, False), (Role.READ_ONLY, True, True)],
    )
    def test_names_people_to_who_may_see_them(self, client, northwind, harbor, role, sees_names, sees_by):
        sign_in(client, northwind.by_role[role])
        month, _ = months(harbor)
        words = words_of(get(client, harbor, month, "?q=jose"))
        assert ("José Müller" in words, "Added by" in words) == (sees_names, sees_by)
        assert "12 users were present" in words
        (row, *_more) = csv_of(client, harbor, month, "mark-csv")
        assert ("Name" in row, "By" in row) == (sees_names, sees_by)
        (row, *_more) = csv_of(client, harbor, month, "mark-changes-csv")
        assert ("Name" in row, "By" in row) == (sees_names, sees_by)

    def test_takes_as_many_statements_with_hundreds_as_with_a_few(self, owner, harbor):
        month, _ = months(harbor)
        few = self.statements(owner, harbor, month)
        add(harbor, 300)
        many = self.statements(owner, harbor, month)
        assert len(few) == len(many)

    def statements(self, owner, harbor, month):
        with CaptureQueriesContext(connection) as captured:
            get(owner, harbor, month)
        return [query["sql"] for query in captured if "usage_" in query["sql"]]


class TestTheCsv:
    def test_of_those_present_holds_as_many_as_the_mark(self, owner, harbor):
        month, before = months(harbor)
        rows = {each: csv_of(owner, harbor, each, "mark-csv") for each in (month, before)}
        assert (len(rows[month]), len(rows[before])) == (12, 11)
        assert {row["Name"] for row in rows[before]} >= {"José Müller", "'=2+2 B"}
        assert len(csv_of(owner, harbor, month, "mark-csv", "?q=jose")) == 1

    def test_of_the_changes_marks_the_one_that_reached_it(self, owner, harbor):
        add(harbor, 2)
        User.objects.filter(user_name="jose").delete()
        month, _ = months(harbor)
        rows = csv_of(owner, harbor, month, "mark-changes-csv")
        assert [(row["Count"], row["Mark"]) for row in rows] == [("14", "true"), ("13", "false"), ("12", "false")]


class TestSixtyBetweenTwoHourlyRuns:
    """Added and removed ten minutes later: the mark has them, the hourly total never does, and it is told who they were."""

    @pytest.fixture
    def client_of_forty(self):
        client = new_organization(new_provider(), at=utc(2026, 3, 1), users=40)
        run_hourly_job(utc(2026, 3, 10, 9))
        change(client, +60, utc(2026, 3, 10, 9, 20))
        change(client, -60, utc(2026, 3, 10, 9, 30))
        run_hourly_job(utc(2026, 3, 10, 10))
        return client

    def test_are_in_the_mark_and_not_in_the_next_total(self, client_of_forty):
        assert seats(client_of_forty, utc(2026, 3, 10, 10)).high_water_mark == 100
        totals = LicenseTotal.objects.filter(provider_id=client_of_forty.provider_id).order_by("slot")
        assert [total.consumed for total in totals] == [40, 40]
        assert totals.last().sum_of_marks == 100

    def test_are_listed_as_present_when_it_was_reached(self, client_of_forty):
        found = reason(client_of_forty, at=utc(2026, 3, 10, 10))
        assert (found.at, found.present().count()) == (utc(2026, 3, 10, 9, 20), 100)
        assert found.present().filter(at=utc(2026, 3, 10, 9, 20)).count() == 60
        assert not User.objects.filter(pk__in=found.present().filter(at=found.at).values("subject_id")).exists()


class TestTheWayThere:
    """Every mark on every page leads to why it is."""

    @pytest.fixture
    def links(self, harbor):
        return [reverse("mark", args=[harbor.pk, month]) for month in months(harbor)]

    @pytest.mark.parametrize("address", ["usage", "organization", "cap"])
    def test_stands_at_this_months_mark_and_the_last(self, owner, harbor, links, address):
        html = owner.get(reverse(address, args=[harbor.pk] if address != "usage" else [])).content.decode()
        assert [f'href="{link}"' in html for link in links] == [True, True]

    def test_stands_in_the_row_that_a_new_cap_redraws(self, owner, harbor, links):
        page = {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": f"http://testserver{reverse('usage')}"}
        answer = owner.post(reverse("cap", args=[harbor.pk]), {"limit": "none"}, headers=page).content.decode()
        assert [f'href="{link}"' in answer for link in links] == [True, True]

    def test_stands_at_each_of_the_thirteen_months(self, owner, harbor):
        html = owner.get(reverse("organization", args=[harbor.pk])).content.decode()
        table = html[html.index("bars-table") :]
        assert len(re.findall(rf'<td class="num"[^>]*><a href="/organizations/{harbor.pk}/marks/', table)) >= 3

    def test_stands_at_an_invoices_lines(self, owner, northwind):
        invoice, acme = issue(northwind), northwind.clients[0]
        html = owner.get(invoice.get_absolute_url()).content.decode()
        assert f'href="{reverse("mark", args=[acme.pk, invoice.marks_month])}">1</a>' in html

    def test_stands_at_the_lines_of_the_next_invoice(self, owner, northwind):
        sign_contract(northwind)
        acme = northwind.clients[0]
        html = owner.get(reverse("next-invoice")).content.decode()
        assert f'href="{reverse("mark", args=[acme.pk, acme.seats.month])}">1</a>' in html


class TestAChangedZone:
    """Acts from the next month, also in the first hours of a month in which nothing has happened yet."""

    @pytest.mark.parametrize("address", ["usage", "organization", "cap", "usage-csv"])
    def test_leaves_the_boundary_of_the_month_that_ran_when_it_changed(self, client, northwind, address):
        provider = northwind.provider
        old = new_organization(provider, at=utc(2026, 12, 5), users=3)
        with clock(utc(2026, 12, 10)):
            Provider.objects.filter(pk=provider.pk).update(time_zone="America/Denver")
        with time_machine.travel(utc(2027, 1, 1, 0, 30), tick=False):  # still December in Denver; December ended in UTC
            sign_in(client, northwind.owner)
            answer = client.get(reverse(address, args=[] if "usage" in address else [old.pk]))
            assert answer.status_code == 200
        if address == "usage-csv":
            assert "2027-01" in answer["Content-Disposition"]
        else:
            assert answer.context["month"].month == date(2027, 1, 1)
            assert answer.context["last_month"] == date(2026, 12, 1)
