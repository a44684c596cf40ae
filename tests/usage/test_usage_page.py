"""The Usage tab: what its two halves show, to whom, and that page and CSV say the same."""

import csv
import io
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization
from accounts.roles import Role
from tests.cast import sign_in
from tests.usage.history import add, new_organization, recount_now
from usage.models import LicenseTotal, Licensing, Seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


def page_of(client, query=""):
    response = client.get(reverse("usage") + query)
    assert response.status_code == 200
    return response


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def names_on(response):
    return [row.name for row in response.context["page"].rows]


def csv_of(client, query=""):
    response = client.get(reverse("usage-csv") + query)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


class TestTheTable:
    def test_has_one_row_an_open_organization_with_its_figures(self, owner, northwind):
        acme, birch = northwind.clients
        add(acme.organization, 4)
        birch.organization.users.all().delete()
        birch.organization.close(at=birch.organization.created_at)
        rows = page_of(owner).context["page"].rows
        assert [(row.name, row.users, row.high_water_mark, row.user_cap) for row in rows] == [("Acme Dental", 5, 5, None)]
        assert "No User Cap" in words_of(page_of(owner))

    def test_shows_closed_ones_when_asked(self, owner, northwind):
        birch = northwind.clients[1].organization
        birch.users.all().delete()
        birch.close(at=birch.created_at)
        assert names_on(page_of(owner, "?cap=closed")) == ["Birch Legal"]
        assert "CLOSED" in words_of(page_of(owner, "?cap=closed"))

    @pytest.mark.parametrize(
        ("seats_left", "badge"), [(11, ""), (10, "NEAR LIMIT"), (1, "NEAR LIMIT"), (0, "LIMIT REACHED"), (-1, "LIMIT REACHED")]
    )
    def test_says_in_words_how_near_the_cap_is(self, owner, northwind, seats_left, badge):
        acme = northwind.clients[0]
        add(acme.organization, 19)
        acme.cap(20 + seats_left)
        (row,) = re.findall(rf'<tr id="organization-row-{acme.pk}">.*?</tr>', page_of(owner).content.decode(), re.DOTALL)
        assert [word for word in ("NEAR LIMIT", "LIMIT REACHED") if word in row] == ([badge] if badge else [])

    def test_finds_names_without_regard_to_case_and_accents(self, owner, northwind):
        new_organization(northwind.provider, "Café Lumière")
        assert names_on(page_of(owner, "?q=CAFE lum")) == ["Café Lumière"]
        assert "Nothing matches" in words_of(page_of(owner, "?q=100%25"))

    def test_narrows_by_the_state_of_the_cap(self, owner, northwind):
        acme, birch = northwind.clients
        acme.cap(1)
        birch.cap(5)
        new_organization(northwind.provider, "Elm Care")
        found = {state: names_on(page_of(owner, f"?cap={state}")) for state in ("reached", "near", "capped", "uncapped")}
        assert found == {
            "reached": ["Acme Dental"],
            "near": ["Birch Legal"],
            "capped": ["Acme Dental", "Birch Legal"],
            "uncapped": ["Elm Care"],
        }

    @pytest.mark.parametrize("column", ["name", "last", "users", "devices", "mark", "cap"])
    def test_sorts_by_every_column_both_ways(self, owner, northwind, column):
        for number in range(3):
            new_organization(northwind.provider, users=number, user_cap=number + 1)
        upwards = names_on(page_of(owner, f"?sort={column}"))
        downwards = names_on(page_of(owner, f"?sort=-{column}"))
        assert upwards == downwards[::-1]
        assert len(upwards) == 5

    def test_adds_up_all_that_match_not_only_the_page(self, owner, northwind):
        for _ in range(30):
            new_organization(northwind.provider, users=1)
        response = page_of(owner)
        assert len(response.context["page"].rows) == 25
        assert response.context["sums"]["users"] == 32
        assert "1 to 25 of 32" in words_of(response)

    def test_names_the_month_the_zone_and_the_instant(self, owner):
        assert re.search(r"\w+ 20\d\d in UTC", words_of(page_of(owner)))
        assert "Live, as of" in words_of(page_of(owner))

    def test_holds_another_provider_s_organizations_never(self, owner, cast):
        foreign = cast.bluefin.clients[0]
        assert names_on(page_of(owner, f"?q={foreign.organization.name}")) == []
        assert foreign.pk not in page_of(owner).content.decode()

    def test_holds_only_the_organizations_given_for_a_limited_manager(self, client, northwind):
        assert names_on(page_of(sign_in(client, northwind.limited))) == ["Acme Dental"]
        assert [row["Organization"] for row in csv_of(client)] == ["Acme Dental"]


class TestTheCsv:
    def test_holds_exactly_what_is_filtered_in_its_order(self, owner, northwind):
        for number in range(30):
            new_organization(northwind.provider, f"Client {number:02}", users=number % 3, user_cap=20)
        query = "?q=client&cap=capped&sort=-users"
        whole = page_of(owner, query + "&size=100")
        lines = csv_of(owner, query)
        assert [line["Organization"] for line in lines] == names_on(whole)
        assert [int(line["Users"]) for line in lines] == [row.users for row in whole.context["page"].rows]

    @pytest.mark.parametrize(("dialect", "delimiter"), [("comma", ","), ("semicolon", ";"), ("tab", "\t")])
    def test_of_what_is_filtered_is_offered_in_each_dialect(self, owner, northwind, dialect, delimiter):
        address = f"{reverse('usage-csv')}?q=acme&dialect={dialect}"
        assert address.replace("&", "&amp;") in page_of(owner, "?q=acme").content.decode()
        head, line = b"".join(owner.get(address).streaming_content).decode("utf-8-sig").splitlines()
        assert head.startswith(f"Organization{delimiter}Organization ID{delimiter}")
        assert line.startswith(f"Acme Dental{delimiter}")

    def test_has_an_empty_cell_where_there_is_no_cap_and_no_formula(self, owner, northwind):
        acme = northwind.clients[0]
        acme.cap(7)
        new_organization(northwind.provider, "=2+2")
        lines = {line["Organization"]: line for line in csv_of(owner)}
        assert (lines["Acme Dental"]["User cap"], lines["Acme Dental"]["Cap state"]) == ("7", "NEAR LIMIT")
        assert lines["'=2+2"]["User cap"] == ""
        assert lines["Acme Dental"]["Time zone"] == "UTC"


class TestLicenseUsage:
    def count(self, northwind, consumed):
        """Bring the provider to `consumed` users and run the hourly job."""
        present = sum(Seats.objects.filter(provider=northwind.provider).values_list("users", flat=True))
        add(northwind.clients[0].organization, consumed - present)
        recount_now()

    @pytest.mark.parametrize(
        ("commitment", "consumed", "state", "words"),
        [
            (1000, 899, "ok", "101 licences available"),
            (1000, 900, "near", "Near the commitment: 100 licences available"),
            (1000, 1000, "near", "Near the commitment: 0 licences available"),
            (1000, 1001, "over", "1 user over the commitment"),
        ],
    )
    def test_is_grey_orange_and_red_as_the_words_beside_it_say(self, owner, northwind, commitment, consumed, state, words):
        Licensing.objects.filter(provider=northwind.provider).update(committed=commitment)
        self.count(northwind, consumed)
        response = page_of(owner)
        assert f'class="donut donut-{state}"' in response.content.decode()
        assert words in words_of(response)

    def test_shows_the_hour_s_total_until_the_next_and_says_so(self, owner, northwind):
        self.count(northwind, 10)
        add(northwind.clients[0].organization, 5)
        licences = page_of(owner).context["licences"]
        assert (licences.consumed, page_of(owner).context["sums"]["users"]) == (10, 15)
        assert re.search(r"As of .* next update", words_of(page_of(owner)))

    def test_tells_both_marks_and_how_they_differ(self, owner, northwind):
        acme, birch = (each.organization for each in northwind.clients)
        add(acme, 9)  # 10 and 1
        acme.users.exclude(pk=northwind.clients[0].user.pk).delete()
        add(birch, 4)  # 1 and 5
        recount_now()
        licences = page_of(owner).context["licences"]
        assert (licences.sum_of_marks, licences.mark_of_the_sum) == (15, 11)
        assert "is what is billed" in words_of(page_of(owner))

    def test_says_that_the_first_count_is_to_come(self, owner):
        assert not LicenseTotal.objects.exists()
        assert "100 licences are committed. They are counted for the first time at the next full hour." in words_of(
            page_of(owner)
        )

    def test_is_absent_without_a_commitment_and_says_why_and_whom_to_ask(self, client, cast):
        bluefin = cast.bluefin
        bluefin.provider.account_manager_name, bluefin.provider.account_manager_email = "Jonas Keller", "jonas@vendor.example"
        bluefin.provider.save(update_fields=["account_manager_name", "account_manager_email"])
        response = page_of(sign_in(client, bluefin.owner))
        assert "No licences were bought in bulk" in words_of(response)
        assert "Jonas Keller" in words_of(response)
        assert "donut" not in response.content.decode()

    def test_tells_both_marks_without_a_commitment_too(self, client, cast):
        quartz, zephyr = (each.organization for each in cast.bluefin.clients)
        add(quartz, 9)
        quartz.users.exclude(pk=cast.bluefin.clients[0].user.pk).delete()
        add(zephyr, 4)
        recount_now()
        words = words_of(page_of(sign_in(client, cast.bluefin.owner)))
        assert re.search(r"Sum of marks, \w+ 20\d\d 15 as of .* Mark of the sum 11 ", words)
        assert "so it is never higher" in words

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.HELP_DESK, Role.READ_ONLY])
    def test_is_absent_for_roles_without_billing_who_read_who_may_see_it(self, client, northwind, role):
        self.count(northwind, 10)
        response = page_of(sign_in(client, northwind.by_role[role]))
        assert "licences" not in response.context
        assert "shown to administrators with a billing role" in words_of(response)
        assert "Platform Plus" not in words_of(response)

    def test_is_shown_to_billing_only(self, client, northwind):
        self.count(northwind, 10)
        assert page_of(sign_in(client, northwind.by_role[Role.BILLING_ONLY])).context["licences"].consumed == 10


class TestItsCost:
    MOST_STATEMENTS = 8
    NOT_COUNTED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")

    def statements(self, client, query="?sort=-users&size=100"):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page_of(client, query)
        return [q["sql"] for q in captured if not q["sql"].startswith(self.NOT_COUNTED) and "set_config('role'" not in q["sql"]]

    def test_is_eight_statements_at_100_organizations_as_at_2000(self, owner, northwind):
        recount_now()
        self.grow(northwind, 98)
        small = self.statements(owner)
        self.grow(northwind, 1900)
        large = self.statements(owner)
        assert len(small) == len(large) <= self.MOST_STATEMENTS, "\n".join(large)

    def test_is_no_more_with_a_search(self, owner, northwind):
        assert len(self.statements(owner, "?q=a&cap=uncapped")) <= self.MOST_STATEMENTS

    def grow(self, northwind, number):
        offset = Organization.objects.count()
        Organization.objects.bulk_create(
            Organization(provider=northwind.provider, name=f"Client {offset + each}") for each in range(number)
        )
