"""Setting the user cap: what may be typed, who may, what it warns of, and that it holds."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.cast import sign_in
from tests.usage.history import add, new_organization, recount_now
from usage.gate import UserCapReached, seat_gate
from usage.models import Seats

pytestmark = pytest.mark.django_db

NOT_A_CAP = [
    "0",
    "-1",
    "10001",
    "10,001",
    "1.5",
    "1.0",
    "+5",
    "1_000",
    "",
    " ",
    "١٢",
    "1e3",
    " 5",
    "5 ",
    "5\n",
    "007",
    "0x10",
    "५",
    "²",
    "99999999999",
    "ten",
]


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def owner(client, cast):
    return sign_in(client, cast.northwind.owner)


def save(client, organization, user_cap=None, **headers):
    """POST the dialog's form; no cap when `user_cap` is None."""
    typed = {"limit": "none"} if user_cap is None else {"limit": "capped", "user_cap": user_cap}
    return client.post(reverse("cap", args=[organization.pk]), typed, **headers)


def from_the_usage_page(query=""):
    page = f"http://testserver{reverse('usage')}{query}"
    return {"headers": {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": page}}


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


class TestWhatMayBeTyped:
    @pytest.mark.parametrize("typed", NOT_A_CAP)
    def test_anything_but_1_to_10_000_in_plain_digits_is_refused_at_the_field(self, owner, acme, typed):
        acme.cap(15)
        response = save(owner, acme, typed)
        assert response.status_code == 422
        assert response.context["form"].errors == {"user_cap": ["Enter a whole number from 1 to 10,000, in plain digits."]}
        assert acme.seats.user_cap == 15

    @pytest.mark.parametrize("typed", ["10,001", "1e3", "١٢", "+5"])
    def test_what_was_typed_stays_in_the_field(self, owner, acme, typed):
        field = re.search(r'<input type="text" name="user_cap"[^>]*>', save(owner, acme, typed).content.decode())
        assert f'value="{typed}"' in unescape(field[0])

    @pytest.mark.parametrize("typed", ["1", "15", "10000"])
    def test_the_bounds_themselves_are_caps(self, owner, acme, typed):
        save(owner, acme, typed)
        assert acme.seats.user_cap == int(typed)

    def test_no_user_cap_takes_the_cap_off_whatever_stands_in_the_field(self, owner, acme):
        acme.cap(15)
        owner.post(reverse("cap", args=[acme.pk]), {"limit": "none", "user_cap": "junk"})
        assert acme.seats.user_cap is None

    def test_without_a_choice_nothing_is_saved(self, owner, acme):
        acme.cap(15)
        assert owner.post(reverse("cap", args=[acme.pk]), {"user_cap": "20"}).status_code == 422
        assert acme.seats.user_cap == 15


class TestTheAnswer:
    def test_is_the_changed_row_a_toast_and_a_closed_dialog(self, owner, acme):
        response = save(owner, acme, "15", **from_the_usage_page("?sort=-users"))
        assert response.status_code == 200
        assert response.headers["HX-Retarget"] == f"#organization-row-{acme.pk}"
        assert "Acme Dental: users capped at 15." in response.headers["HX-Trigger-After-Swap"]
        assert "close-dialog" in response.headers["HX-Trigger-After-Swap"]
        row = response.content.decode()
        assert row.count("<tr") == 1
        assert f'id="organization-row-{acme.pk}"' in row

    def test_is_the_form_in_the_dialog_when_refused(self, owner, acme):
        response = save(owner, acme, "0", **from_the_usage_page())
        assert (response.status_code, response.headers["HX-Retarget"]) == (422, "#dialog")
        assert "<html" not in response.content.decode()

    def test_leads_a_browser_without_javascript_back_to_the_list(self, owner, acme):
        response = owner.post(reverse("cap", args=[acme.pk]), {"limit": "capped", "user_cap": "15"}, follow=True)
        assert response.redirect_chain == [(reverse("usage"), 303)]
        assert "Acme Dental: users capped at 15." in words_of(response)

    @pytest.mark.parametrize("referrer", ["http://testserver", "http://testserver/", "http://elsewhere.example/account/"])
    def test_leads_to_the_list_when_the_browser_says_no_page_of_ours(self, owner, acme, referrer):
        """A browser, or a proxy on the way, may cut the Referer down to the host."""
        response = save(owner, acme, "15", headers={"Referer": referrer})
        assert (response.status_code, response.headers["Location"]) == (303, reverse("usage"))
        assert acme.seats.user_cap == 15

    def test_leads_back_to_the_organization_s_page_when_it_came_from_there(self, owner, acme):
        page = {
            "HX-Request": "true",
            "HX-Target": "dialog",
            "HX-Current-URL": f"http://testserver{acme.organization.get_absolute_url()}",
        }
        assert save(owner, acme, "15", headers=page).headers["HX-Redirect"] == acme.organization.get_absolute_url()


class TestItWarnsAndNeverForbids:
    def test_below_the_present_count(self, owner, acme):
        add(acme.organization, 11)
        response = save(owner, acme, "5", **from_the_usage_page())
        assert acme.seats.user_cap == 5
        assert (
            "The cap is below the present 12 users. Nobody is removed; nobody can be added until fewer than 5 are left."
            in words_of(response)
        )
        assert "LIMIT REACHED" in words_of(response)

    def test_above_the_commitment(self, owner, acme):
        response = save(owner, acme, "101", **from_the_usage_page())
        assert acme.seats.user_cap == 101
        assert "This cap alone is above the 100 committed licences." in words_of(response)

    def test_when_all_caps_together_are_above_the_commitment(self, owner, cast):
        acme, birch = cast.northwind.clients
        birch.cap(60)
        response = save(owner, acme, "50", **from_the_usage_page())
        assert (
            "The caps of the 2 capped organizations together allow 110 users, 10 more than the 100 committed licences."
            in words_of(response)
        )

    def test_in_the_redirected_page_too(self, owner, acme):
        response = owner.post(reverse("cap", args=[acme.pk]), {"limit": "capped", "user_cap": "101"}, follow=True)
        assert "This cap alone is above the 100 committed licences." in words_of(response)

    def test_not_when_there_is_nothing_to_warn_of(self, owner, acme):
        assert "committed licences" not in words_of(save(owner, acme, "50", **from_the_usage_page()))

    def test_not_of_a_commitment_that_is_not_there(self, client, cast):
        foreign = cast.bluefin.clients[0]
        response = save(sign_in(client, cast.bluefin.owner), foreign, "10000", **from_the_usage_page())
        assert "committed" not in words_of(response)


class TestItHolds:
    def test_from_the_next_user_on(self, owner, acme):
        save(owner, acme, "2")
        add(acme.organization, 1)
        with pytest.raises(UserCapReached) as refused, seat_gate():
            add(acme.organization, 1)
        assert refused.value.details == {"organization_id": acme.pk, "user_cap": 2, "users": 2, "wanted": 1}
        assert str(refused.value) == "All 2 seats are taken. Nobody was added."


class TestWhoMay:
    @pytest.mark.parametrize(
        "role", [role for role in Role if role not in (Role.ADMINISTRATOR_WITH_BILLING, Role.ORGANIZATION_ADMINISTRATOR)]
    )
    def test_set_a_cap_is_the_billing_administrator_alone(self, client, cast, acme, role):
        response = save(sign_in(client, cast.northwind.by_role[role]), acme, "15")
        assert response.status_code == 403
        assert acme.seats.user_cap is None
        refusal = AuditEvent.objects.latest("pk")
        assert (refusal.action, refusal.outcome, refusal.actor_id) == (
            "refused.edit_caps",
            "refused",
            cast.northwind.by_role[role].pk,
        )
        assert cast.northwind.owner.name in words_of(response)

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READ_ONLY])
    def test_others_see_the_facts_without_a_form(self, client, cast, acme, role):
        response = sign_in(client, cast.northwind.by_role[role]).get(reverse("cap", args=[acme.pk]))
        assert response.status_code == 200
        assert 'name="user_cap"' not in response.content.decode()
        assert "An Administrator With Billing can edit the user cap." in words_of(response)
        assert "committed" not in words_of(response)

    def test_a_client_s_own_administrator_may_not_even_look(self, client, acme):
        tenant = sign_in(client, acme.administrator)
        assert tenant.get(reverse("cap", args=[acme.pk])).status_code == 403
        assert save(tenant, acme, "15").status_code == 403

    def test_another_provider_s_organization_is_not_there_at_all(self, owner, cast):
        foreign = cast.bluefin.clients[0]
        assert owner.get(reverse("cap", args=[foreign.pk])).status_code == 404
        assert save(owner, foreign, "15").status_code == 404
        assert foreign.seats.user_cap is None

    def test_nor_is_a_closed_one_s_cap_to_be_set(self, owner, cast):
        birch = cast.northwind.clients[1]
        birch.organization.users.all().delete()
        birch.organization.close(at=birch.organization.created_at)
        response = save(owner, birch, "15")
        assert response.status_code == 422
        assert birch.seats.user_cap is None


class TestTheTrail:
    def test_tells_before_and_after_and_who(self, owner, cast, acme):
        acme.cap(15)
        save(owner, acme, "20")
        event = AuditEvent.objects.latest("pk")
        assert (event.action, event.target_id, event.actor_id) == ("usage.cap.changed", acme.pk, cast.northwind.owner.pk)
        assert event.details == {"before": 15, "after": 20}

    def test_stands_in_the_dialog(self, owner, cast, acme):
        save(owner, acme, "20")
        assert Seats.objects.get(pk=acme.pk).cap_changed_by == cast.northwind.owner.name
        assert f"changed by {cast.northwind.owner.name}" in words_of(owner.get(reverse("cap", args=[acme.pk])))

    def test_has_no_line_when_nothing_changed(self, owner, acme):
        acme.cap(15)
        save(owner, acme, "15")
        assert not AuditEvent.objects.filter(action="usage.cap.changed").exists()

    def test_has_no_line_of_a_cap_that_was_refused(self, owner, acme):
        save(owner, acme, "0")
        assert not AuditEvent.objects.filter(action="usage.cap.changed").exists()


class TestTheDialog:
    def test_shows_thirteen_months_with_the_same_numbers_as_a_table(self, owner, cast):
        old = new_organization(cast.northwind.provider, at=two_years_ago(), users=3)
        recount_now()
        response = owner.get(reverse("cap", args=[old.pk]))
        months = response.context["months"]
        assert len(months) == 13
        assert [month["value"] for month in months] == [3] * 13
        assert [month.get("is_current", False) for month in months] == [False] * 12 + [True]

    def test_opens_as_a_part_for_htmx_and_as_a_page_else(self, owner, acme):
        url = reverse("cap", args=[acme.pk])
        assert "<html" not in owner.get(url, headers={"HX-Request": "true", "HX-Target": "dialog"}).content.decode()
        assert "<html" in owner.get(url).content.decode()


def two_years_ago():
    now = timezone.now()
    return now.replace(year=now.year - 2, day=15)
