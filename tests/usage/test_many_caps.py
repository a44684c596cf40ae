"""Many user caps at once: chosen, shown, confirmed, and never over what someone else has set meanwhile."""

import re
from html import unescape
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.cast import sign_in
from tests.usage.history import add, new_organization
from usage.bounds import CAPS_AT_ONCE_MAX, CAPS_SHOWN_MAX
from usage.forms.many_caps import ConfirmedForm, plan_as_text
from usage.models import Seats
from usage.queries.cap_plans import PlannedCap

pytestmark = pytest.mark.django_db


@pytest.fixture
def clients(cast):
    """Acme, Birch and two more of Northwind."""
    further = [new_organization(cast.northwind.provider, name) for name in ("Cedar Arts", "Dune Labs")]
    return [*(client.organization for client in cast.northwind.clients), *further]


@pytest.fixture
def owner(client, cast):
    return sign_in(client, cast.northwind.owner)


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def caps_of(organizations):
    return [Seats.objects.get(pk=organization.pk).user_cap for organization in organizations]


def set_cap(organization, user_cap):
    Seats.objects.filter(pk=organization.pk).update(user_cap=user_cap)


def ticked(organizations, operation="set", number="50", **more):
    ids = [organization.pk for organization in organizations]
    return {"organization": ids, "operation": operation, "number": number, **more}


def preview(browser, asked):
    response = browser.post(reverse("caps"), asked)
    assert response.status_code == 200, words_of(response)
    return response


def fields_of(response, action):
    """The hidden fields of the form that leads to `action`, as a browser sends them."""
    form = re.search(rf'<form[^>]*action="{action}".*?</form>', response.content.decode(), re.DOTALL)[0]
    return {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def confirm(browser, response):
    return browser.post(reverse("caps-change"), fields_of(response, reverse("caps-change")))


class TestEachOperation:
    @pytest.mark.parametrize(
        ("operation", "number", "after"),
        [
            ("set", "50", [50, 50]),
            ("raise", "5", [15, 25]),
            ("users", "3", [4, 7]),
            ("users", "0", [1, 4]),
            ("none", "", [None, None]),
            ("none", "junk", [None, None]),
        ],
    )
    def test_is_shown_first_and_then_done_as_shown(self, owner, clients, operation, number, after):
        acme, birch, *_others = clients
        set_cap(acme, 10)
        set_cap(birch, 20)
        add(birch, 3)
        shown = preview(owner, ticked([acme, birch], operation, number))
        assert caps_of(clients) == [10, 20, None, None]
        assert [row.user_cap for row in shown.context["rows"]] == after
        response = confirm(owner, shown)
        assert (response.status_code, response.headers["Location"]) == (303, reverse("usage"))
        assert caps_of(clients) == [*after, None, None]

    @pytest.mark.parametrize(
        ("operation", "number", "rule"),
        [
            ("set", "0", "from 1 to 10,000"),
            ("set", "10001", "from 1 to 10,000"),
            ("set", "", "from 1 to 10,000"),
            ("set", "+5", "from 1 to 10,000"),
            ("raise", "0", "from 1 to 10,000"),
            ("raise", "-5", "from 1 to 10,000"),
            ("users", "", "from 0 to 10,000"),
            ("users", "१", "from 0 to 10,000"),
        ],
    )
    def test_refuses_what_is_no_number_of_users_and_keeps_the_choice(self, owner, clients, operation, number, rule):
        response = owner.post(reverse("caps"), ticked(clients[:2], operation, number))
        assert response.status_code == 422
        assert rule in words_of(response)
        assert fields_of(response, reverse("caps"))["listed"].split(".") == [client.pk for client in clients[:2]]

    def test_is_one_of_those_offered(self, owner, clients):
        assert owner.post(reverse("caps"), ticked(clients, "double")).status_code == 422
        assert owner.post(reverse("caps"), ticked(clients, "file")).status_code == 422

    def test_of_a_file_is_done_to_what_the_file_lists(self, owner, clients):
        """Whoever adds boxes to it by hand changes nothing more."""
        shown = preview(owner, ticked(clients, "file", listed=f"{clients[0].pk}-30", matching="1"))
        assert [(row.seats.name, row.user_cap) for row in shown.context["rows"]] == [("Acme Dental", 30)]


class TestWhoIsChosen:
    def test_are_those_ticked_and_those_of_a_whole_page(self, owner, clients):
        acme, birch, cedar, _dune = clients
        shown = preview(owner, ticked([acme], on_page=f"{birch.pk}.{cedar.pk}"))
        assert [row.seats.name for row in shown.context["rows"]] == ["Acme Dental", "Birch Legal", "Cedar Arts"]

    def test_or_all_that_match_beyond_the_page(self, owner, clients):
        set_cap(clients[0], 10)
        shown = preview(owner, {"matching": "1", "cap": "uncapped", "q": "", "operation": "set", "number": "7"})
        assert [row.seats.name for row in shown.context["rows"]] == ["Birch Legal", "Cedar Arts", "Dune Labs"]
        shown = preview(owner, {"matching": "1", "q": "dune", "operation": "set", "number": "7"})
        assert [row.seats.name for row in shown.context["rows"]] == ["Dune Labs"]

    def test_the_usage_page_carries_its_search_and_its_rows(self, owner, clients):
        page = owner.get(reverse("usage") + "?q=dune&cap=uncapped").content.decode()
        form = re.search(r'<form id="caps-form".*?</form>', page, re.DOTALL)[0]
        assert 'name="q" value="dune"' in form
        assert 'name="cap" value="uncapped"' in form
        assert f'name="on_page" value="{clients[3].pk}" form="caps-form"' in page
        assert f'name="organization" value="{clients[3].pk}" form="caps-form"' in page

    def test_must_be_someone(self, owner):
        response = owner.post(reverse("caps"), {"operation": "set", "number": "5"})
        assert response.status_code == 422
        assert "Tick at least one organization" in words_of(response)

    def test_are_at_most_ten_thousand(self, owner, clients, monkeypatch):
        monkeypatch.setattr("usage.views.many_caps.CAPS_AT_ONCE_MAX", 3)
        response = owner.post(reverse("caps"), ticked(clients))
        assert response.status_code == 422
        assert "At most 10,000 organizations are changed at once." in words_of(response)

    def test_is_nobody_of_another_msp(self, owner, cast, clients):
        foreign = cast.bluefin.clients[0]
        shown = preview(owner, ticked([clients[0], foreign.organization]))
        assert [row.seats.name for row in shown.context["rows"]] == ["Acme Dental"]
        plan = fields_of(shown, reverse("caps-change"))["plan"].replace(clients[0].pk, foreign.pk)
        response = owner.post(reverse("caps-change"), {"plan": plan, "operation": "set", "number": "50"})
        assert response.status_code == 409
        assert "Quartz" not in words_of(response)
        assert foreign.seats.user_cap is None


class TestThePreview:
    def test_says_what_stays_and_why(self, owner, cast, clients):
        acme, birch, _cedar, dune = clients
        set_cap(acme, 9_999)
        set_cap(birch, 5)
        dune.close(at=dune.created_at)
        shown = preview(owner, ticked(clients, "raise", "2"))
        assert {row.seats.name: row.reason for row in shown.context["staying"]} == {
            "Acme Dental": "10,001 is no cap: those are from 1 to 10,000.",
            "Cedar Arts": "It has no cap to raise.",
            "Dune Labs": "It is closed.",
        }
        assert [row.seats.name for row in shown.context["rows"]] == ["Birch Legal"]
        again = preview(owner, ticked([birch], "set", "5"))
        assert "It stands so already." in words_of(again)
        assert "Nothing would change." in words_of(again)
        assert reverse("caps-change") not in again.content.decode()

    def test_shows_the_state_afterwards(self, owner, clients):
        add(clients[0], 4)
        assert "LIMIT REACHED" in words_of(preview(owner, ticked(clients[:1], "users", "0")))
        assert "NEAR LIMIT" in words_of(preview(owner, ticked(clients[:1], "users", "1")))

    def test_adds_up_the_caps_and_what_they_could_cost(self, owner, clients):
        """100 are committed; overage is 7.00 USD a user. Birch has one user and no cap."""
        acme, _birch, *_ = clients
        set_cap(acme, 60)
        shown = preview(owner, ticked([acme], "set", "130")).context["worst"]
        assert (shown.now.seats, shown.after.seats, shown.committed) == (60, 130, 100)
        assert (shown.bill_now, shown.bill_after) == (0, 31 * 7)
        assert (shown.after.capped, shown.after.uncapped) == (1, 3)
        assert "217.00\u00a0USD" in preview(owner, ticked([acme], "set", "130")).content.decode()

    def test_what_they_could_cost_is_what_a_recount_afterwards_says(self, owner, clients):
        set_cap(clients[0], 60)
        add(clients[1], 30)
        shown = preview(owner, ticked(clients, "users", "20"))
        confirm(owner, shown)
        again = preview(owner, ticked(clients[:1], "set", "1")).context["worst"]
        assert again.now == shown.context["worst"].after

    def test_is_cut_into_pages_and_confirmed_whole(self, owner, cast, clients):
        more = [new_organization(cast.northwind.provider) for _ in range(CAPS_SHOWN_MAX)]
        shown = preview(owner, ticked([*clients, *more]))
        assert len(shown.context["rows"]) == CAPS_SHOWN_MAX
        second = preview(owner, {**fields_of(shown, reverse("caps")), "operation": "set", "number": "50", "page": "2"})
        assert len(second.context["rows"]) == len(clients)
        confirm(owner, second)
        assert Seats.objects.filter(provider=cast.northwind.provider, user_cap=50).count() == len(clients) + len(more)

    @pytest.mark.parametrize("page", ["0", "-1", "9" * 5000, "x"])
    def test_answers_any_page(self, owner, clients, page):
        assert preview(owner, ticked(clients, page=page)).context["current"] == 1

    def test_asks_as_few_statements_of_many_as_of_one(self, owner, cast, clients):
        def statements(organizations):
            with CaptureQueriesContext(connection) as captured:
                preview(owner, ticked(organizations))
            return len(captured)

        assert statements([*clients, *(new_organization(cast.northwind.provider) for _ in range(20))]) == statements(clients[:1])


class TestAStaleEdit:
    """Acceptance 6: no lost update."""

    def test_is_a_conflict_that_shows_what_changed_and_saves_nothing(self, owner, cast, clients):
        acme, _birch, *_ = clients
        set_cap(acme, 10)
        shown = preview(owner, ticked(clients, "set", "50"))
        set_cap(acme, 12)
        response = confirm(owner, shown)
        assert response.status_code == 409
        assert caps_of(clients) == [12, None, None, None]
        assert [(plan.former, seats.user_cap, plan.user_cap) for plan, seats in response.context["stale"]] == [(10, 12, 50)]
        assert "1 of 4 organizations is not as you saw it" in words_of(response)
        assert not AuditEvent.objects.filter(action="usage.cap.changed").exists()

    def test_offers_a_new_preview_of_the_same_operation(self, owner, clients):
        acme, birch, *_ = clients
        set_cap(acme, 10)
        set_cap(birch, 10)
        shown = preview(owner, ticked([acme, birch], "raise", "5"))
        set_cap(acme, 100)
        again = preview(owner, fields_of(confirm(owner, shown), reverse("caps")))
        assert [row.user_cap for row in again.context["rows"]] == [105, 15]
        assert confirm(owner, again).status_code == 303
        assert caps_of([acme, birch]) == [105, 15]

    def test_is_one_too_when_the_cap_went_there_and_back(self, owner, clients):
        acme = clients[0]
        shown = preview(owner, ticked([acme]))
        set_cap(acme, 3)
        set_cap(acme, None)
        assert confirm(owner, shown).status_code == 409

    @pytest.mark.parametrize("happens", ["closed", "renamed", "gone"])
    def test_is_one_too_when_the_organization_is(self, owner, clients, happens):
        dune = clients[3]
        shown = preview(owner, ticked([dune]))
        if happens == "closed":
            dune.close(at=dune.created_at)
        elif happens == "renamed":
            dune.name = "Dune Laboratories"
            dune.save(update_fields=["name"])
        fields = fields_of(shown, reverse("caps-change"))
        if happens == "gone":
            fields["plan"] = fields["plan"].replace(dune.pk, "0" * 24)
        response = owner.post(reverse("caps-change"), fields)
        assert response.status_code == 409
        told = {"closed": "It was closed", "renamed": "It was renamed.", "gone": "It is out of your reach by now."}
        assert told[happens] in words_of(response)

    def test_is_none_when_only_users_came(self, owner, clients):
        """The control; the cap is the one that was shown, not one computed anew."""
        shown = preview(owner, ticked(clients[:1], "users", "5"))
        add(clients[0], 3)
        assert confirm(owner, shown).status_code == 303
        assert caps_of(clients[:1]) == [6]

    def test_stands_in_the_trail(self, owner, clients):
        shown = preview(owner, ticked(clients))
        set_cap(clients[0], 3)
        confirm(owner, shown)
        assert AuditEvent.objects.latest("pk").action == "refused.caps_changed_meanwhile"


class TestAFormOfNoPageOfOurs:
    @pytest.mark.parametrize("plan", ["", "junk", "{pk}-{v}-0-10001", "{pk}-{v}-0-50.{pk}-{v}-0-60", "{pk}-{v}-0-50.junk"])
    def test_is_refused_and_changes_nothing(self, owner, clients, plan):
        plan = plan.replace("{pk}", clients[0].pk).replace("{v}", clients[0].seats.cap_version)
        response = owner.post(reverse("caps-change"), {"plan": plan})
        assert (response.status_code, response.headers["Location"]) == (303, reverse("usage"))
        assert caps_of(clients) == [None] * 4

    def test_is_not_one_that_is_well_written(self, owner, clients):
        """The control."""
        owner.post(reverse("caps-change"), {"plan": f"{clients[0].pk}-{clients[0].seats.cap_version}-0-50"})
        assert caps_of(clients[:1]) == [50]


class TestTheLargestEdit:
    def test_fits_into_one_request(self):
        planned = [PlannedCap(f"{number:024x}", "f" * 32, 10_000, 10_000) for number in range(CAPS_AT_ONCE_MAX)]
        body = urlencode(
            {"csrfmiddlewaretoken": "x" * 64, "plan": plan_as_text(planned), "operation": "users", "number": "10000"}
        )
        assert len(body) < settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        form = ConfirmedForm(QueryDict(body))
        assert form.is_valid()
        assert form.cleaned_data["planned"] == planned


class TestTheTrail:
    def test_has_a_line_for_each_organization(self, owner, cast, clients):
        set_cap(clients[0], 10)
        confirm(owner, preview(owner, ticked(clients[:2])))
        lines = AuditEvent.objects.filter(action="usage.cap.changed").order_by("pk")
        assert [(line.organization_id, line.target_name, line.details) for line in lines] == [
            (clients[0].pk, "Acme Dental", {"before": 10, "after": 50}),
            (clients[1].pk, "Birch Legal", {"before": None, "after": 50}),
        ]
        assert {(line.provider_id, line.actor_id, line.target_kind, line.address) for line in lines} == {
            (cast.northwind.pk, cast.northwind.owner.pk, "organization", "127.0.0.1")
        }
        assert Seats.objects.get(pk=clients[0].pk).cap_changed_by == cast.northwind.owner.name


class TestWhoMay:
    @pytest.mark.parametrize(
        "role", [role for role in Role if role not in (Role.ADMINISTRATOR_WITH_BILLING, Role.ORGANIZATION_ADMINISTRATOR)]
    )
    def test_is_the_billing_administrator_alone(self, client, cast, clients, role):
        browser = sign_in(client, cast.northwind.by_role[role])
        assert browser.post(reverse("caps"), ticked(clients)).status_code == 403
        assert browser.post(reverse("caps-change"), {"plan": "x"}).status_code == 403
        page = browser.get(reverse("usage")).content.decode()
        assert "caps-form" not in page

    def test_and_one_limited_to_some_organizations_reaches_those(self, client, cast, clients, monkeypatch):
        """No role that is limited may edit caps today; the doors do not rely on that."""
        monkeypatch.setattr("accounts.models.administrator.Administrator.may", lambda self, permission: True)
        browser = sign_in(client, cast.northwind.limited)
        shown = preview(browser, ticked(clients))
        assert [row.seats.name for row in shown.context["rows"]] == ["Acme Dental"]
        assert "worst" not in shown.context
        assert confirm(browser, shown).status_code == 303
        assert caps_of(clients) == [50, None, None, None]
