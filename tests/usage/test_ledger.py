"""The seat ledger's page and file: what each event was, narrowed by month, kind and name."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from tests.cast import sign_in, user
from tests.usage.history import add_devices, change, clock, new_organization, recount_now
from tests.usage.test_marks import move
from tests.walks.stage import limited_to
from usage.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def harbor(northwind):
    """Ada was added, removed and restored; Blaise moved in and Cora out; a device came. Three moves and changes over 70 days."""
    start = timezone.now() - timedelta(days=70)
    harbor = new_organization(northwind.provider, "Harbor Foods", at=start)
    other = new_organization(northwind.provider, "Mill Street", at=start)
    with clock(start + timedelta(days=1)):
        ada, cora = user(harbor, "ada", first_name="Ada"), user(harbor, "cora", first_name="Cora")
        user(other, "blaise", first_name="Blaise")
    with clock(start + timedelta(days=2)):
        kept = ada.pk
        ada.delete()
    with clock(start + timedelta(days=3)):
        User.objects.bulk_create(
            [User(pk=kept, provider_id=harbor.provider_id, organization=harbor, user_name="ada", first_name="Ada")]
        )
        move(other, harbor, 1)
    with clock(start + timedelta(days=4)), connection.cursor() as cursor:
        cursor.execute("select usage_move_users(%s, %s)", [[cora.pk], other.pk])
    recount_now()
    add_devices(harbor, 1)
    return harbor


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def told(client, organization, query=""):
    response = client.get(reverse("ledger", args=[organization.pk]) + query)
    assert response.status_code == 200
    return [(row.subject_name.split()[0], row.what, row.count_after) for row in response.context["page"].rows]


def in_the_file(client, organization, query=""):
    response = client.get(reverse("ledger-csv", args=[organization.pk]) + query)
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


EVERYTHING = [
    ("Cora", "moved out", 2),
    ("Blaise", "moved in", 3),
    ("Ada", "restored", 2),
    ("Ada", "removed", 1),
    ("Cora", "added", 2),
    ("Ada", "added", 1),
]


class TestThePage:
    def test_tells_what_each_event_was_newest_first(self, owner, harbor):
        device, *users = told(owner, harbor)
        assert device[1:] == ("added", 1)
        assert users == EVERYTHING

    def test_is_narrowed_by_kind_name_and_month(self, owner, harbor):
        assert told(owner, harbor, "?kind=users&sort=at") == EVERYTHING[::-1]
        assert len(told(owner, harbor, "?kind=devices")) == 1
        assert [what for _, what, _ in told(owner, harbor, "?q=ADA")] == ["restored", "removed", "added"]
        present = f"{timezone.now():%Y-%m}"
        assert [what for _, what, _ in told(owner, harbor, f"?month={present}")] == ["added"]
        assert "Nothing matches" in words_of(owner.get(reverse("ledger", args=[harbor.pk]), {"q": "nobody"}))
        assert told(owner, harbor, "?month=1999-01&kind=x") == told(owner, harbor)

    def test_of_a_new_organization_says_that_nothing_happened(self, owner, northwind):
        empty = new_organization(northwind.provider, "Empty House")
        assert "Nothing happened yet" in words_of(owner.get(reverse("ledger", args=[empty.pk])))

    def test_says_a_move_only_to_who_reaches_both_ends(self, client, harbor):
        assert told(sign_in(client, limited_to(harbor)), harbor)[1:3] == [("Cora", "removed", 2), ("Blaise", "added", 3)]

    @pytest.mark.parametrize(("role", "sees"), [(Role.BILLING_ONLY, False), (Role.READ_ONLY, True)])
    def test_shows_names_and_by_whom_as_the_feed_of_the_api_does(self, client, northwind, harbor, role, sees):
        found = sign_in(client, northwind.by_role[role])
        assert ("Blaise" in words_of(found.get(reverse("ledger", args=[harbor.pk])))) is sees
        assert (set(in_the_file(found, harbor)[0]) >= {"Name", "ID", "By"}) is sees

    def test_is_linked_from_the_organization_with_the_month_that_is_shown(self, owner, harbor):
        shown = owner.get(reverse("organization", args=[harbor.pk]))
        month = shown.context["course"]["calendar"].month
        assert f'href="{reverse("ledger", args=[harbor.pk])}?month={month:%Y-%m}"' in shown.content.decode()

    def test_costs_as_much_at_a_hundred_events_as_at_ten(self, owner, northwind, harbor):
        def statements():
            with CaptureQueriesContext(connection) as captured:
                told(owner, harbor, "?size=100")
            return len(captured)

        few = statements()
        change(harbor, 90, timezone.now())
        assert statements() == few


class TestTheFile:
    def test_has_what_the_page_s_filters_match(self, owner, harbor):
        rows = in_the_file(owner, harbor, "?kind=users&sort=at")
        assert [(row["Name"].split()[0], row["What"], int(row["Count"])) for row in rows] == EVERYTHING[::-1]
        assert {row["Kind"] for row in rows} == {"user"}
        assert sum(int(row["Difference"]) for row in rows) == 2


def test_the_changes_up_to_a_mark_are_told_in_the_same_words(owner, harbor):
    month = (timezone.now() - timedelta(days=70)).date().replace(day=1)
    response = owner.get(reverse("mark-changes", args=[harbor.pk, date(month.year, month.month, 1)]))
    assert {row.what for row in response.context["page"].rows} <= {"added", "removed", "moved in", "restored"}
    assert "added" in words_of(response)
