"""The lists of directory users: over all organizations and of one, on the page and as CSV, with the seats always in view."""

import csv
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from tests import cast as people
from tests.usage.history import recount_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


@pytest.fixture
def coral(cast):
    return cast.bluefin.clients[0]


@pytest.fixture
def as_tenant(client, acme):
    return people.sign_in(client, acme.administrator)


@pytest.fixture
def as_msp(client, cast):
    return people.sign_in(client, cast.northwind.owner)


def users_of(organization):
    return reverse("organization-users", args=[organization.pk])


def text(answer):
    return " ".join(answer.content.decode().split())


def rows_of(answer):
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(StringIO(content)))


class TestTheListOverAllOrganizations:
    def test_has_the_users_of_all_clients_and_none_of_another_msp(self, as_msp, coral):
        shown = text(as_msp.get(reverse("users")))
        assert "acme.user1" in shown
        assert "birch.user1" in shown
        assert coral.user.user_name not in shown
        assert "2 users in 2 organizations." in shown

    def test_is_searched_without_case_and_accents_in_name_and_email(self, as_msp, acme):
        people.user(acme.organization, "jose", first_name="José", last_name="Núñez")
        assert [row.user_name for row in as_msp.get(reverse("users"), {"q": "NUNEZ"}).context["page"].rows] == ["jose"]
        assert [row.user_name for row in as_msp.get(reverse("users"), {"q": "jose@acme"}).context["page"].rows] == ["jose"]
        assert as_msp.get(reverse("users"), {"q": "100%_"}).context["page"].rows == []

    def test_is_narrowed_to_one_organization_and_state_and_keeps_both_in_its_links(self, as_msp, acme):
        acme.user.suspend(at=acme.user.created_at)
        people.user(acme.organization, "active.one")
        page = as_msp.get(reverse("users"), {"organization": acme.pk, "state": "suspended"}).context["page"]
        assert [row.user_name for row in page.rows] == ["acme.user1"]
        assert f"organization={acme.pk}" in page.table.sort["name"].url
        assert "state=suspended" in page.table.query

    def test_narrowed_to_a_strangers_organization_is_not_narrowed(self, as_msp, coral):
        page = as_msp.get(reverse("users"), {"organization": coral.pk}).context["page"]
        assert not page.table.is_narrowed

    def test_shows_licences_to_those_who_may_see_them_only(self, client, cast):
        recount_now()
        owner = text(people.sign_in(client, cast.northwind.owner).get(reverse("users")))
        assert "<strong>98</strong> of 100 licences available" in owner
        assert "Updated hourly, as of" in owner
        plain = text(people.sign_in(client, cast.northwind.by_role[Role.ADMINISTRATOR]).get(reverse("users")))
        assert "licences available" not in plain

    def test_runs_as_many_statements_with_many_rows_as_with_few(self, as_msp, acme):
        with CaptureQueriesContext(connection) as few:
            as_msp.get(reverse("users"))
        for number in range(30):
            people.user(acme.organization, f"more{number}")
        with CaptureQueriesContext(connection) as many:
            as_msp.get(reverse("users"), {"size": 50})
        assert len(many) == len(few) <= 17, [query["sql"] for query in many]


class TestTheCsv:
    def test_holds_exactly_what_is_filtered_and_runs_no_formula(self, as_msp, acme):
        people.user(acme.organization, "=cmd()", first_name="+1")
        rows = rows_of(as_msp.get(reverse("users-csv"), {"organization": acme.pk}))
        assert rows[0][:4] == ["Organization", "User name", "First name", "Last name"]
        assert sorted(row[1] for row in rows[1:]) == ["'=cmd()", "acme.user1"]
        assert {row[0] for row in rows[1:]} == {acme.organization.name}
        assert "'+1" in {row[2] for row in rows}

    def test_of_a_limited_manager_holds_his_organizations_only(self, client, cast):
        people.sign_in(client, cast.northwind.limited)
        assert [row[1] for row in rows_of(client.get(reverse("users-csv")))[1:]] == ["acme.user1"]

    def test_of_one_organization_is_its_tenants_own(self, as_tenant, acme, birch):
        rows = rows_of(as_tenant.get(reverse("organization-users-csv", args=[acme.pk])))
        assert [row[1] for row in rows[1:]] == ["acme.user1"]
        assert as_tenant.get(reverse("organization-users-csv", args=[birch.pk])).status_code == 404


class TestTheSeatsInView:
    @pytest.mark.parametrize(
        ("user_cap", "words"),
        [
            (None, "No User Cap"),
            (20, "<strong>1 of 20</strong> seats used, 19 left"),
            (11, "NEAR LIMIT"),
            (1, "LIMIT REACHED"),
        ],
    )
    def test_say_how_many_are_used_and_left(self, as_tenant, acme, user_cap, words):
        acme.cap(user_cap)
        assert words in text(as_tenant.get(users_of(acme.organization)))

    def test_name_who_manages_the_limit(self, as_tenant, acme):
        shown = text(as_tenant.get(users_of(acme.organization)))
        assert "Northwind MSP manages the number of seats." in shown
        assert "help@northwind.example" in shown

    def test_above_the_cap_never_go_below_zero(self, as_tenant, acme):
        people.user(acme.organization, "second")
        acme.cap(1)
        assert "<strong>2 of 1</strong> seat used, 0 left" in text(as_tenant.get(users_of(acme.organization)))
