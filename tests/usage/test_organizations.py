"""Client organizations: the list, making, editing and closing them."""

import csv
import io
import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Organization, Provider
from accounts.roles import Role
from tests.cast import administrator, give_access, sign_in
from tests.usage.history import add, add_devices, new_organization
from usage.models import SeatEvent, Seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def birch(northwind):
    """An organization with one user and two devices."""
    add_devices(northwind.clients[1].organization, 2)
    return northwind.clients[1].organization


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def create(client, name, **fields):
    return client.post(reverse("organizations"), {"name": name, "limit": "none", **fields})


def last_event():
    return AuditEvent.objects.latest("pk")


class TestTheList:
    def test_shows_the_open_ones_by_name_and_leads_to_each(self, owner, northwind):
        new_organization(northwind.provider, "Ångström Physics")
        response = owner.get(reverse("organizations"))
        names = [row.name for row in response.context["page"].rows]
        assert names == ["Acme Dental", "Ångström Physics", "Birch Legal"]
        assert northwind.clients[0].organization.get_absolute_url() in response.content.decode()

    def test_sends_as_csv_what_it_shows(self, owner, northwind):
        create(owner, "Elm Care", external_id="PSA-7", contact_name="Ann", contact_email="ann@elm.example")
        lines = b"".join(owner.get(reverse("organizations-csv") + "?q=elm").streaming_content).decode("utf-8-sig")
        (line,) = csv.DictReader(io.StringIO(lines))
        assert (line["Organization"], line["External ID"], line["User cap"], line["Closed"]) == ("Elm Care", "PSA-7", "", "")

    def test_is_not_for_those_who_only_pay(self, client, northwind):
        assert sign_in(client, northwind.by_role[Role.BILLING_ONLY]).get(reverse("organizations")).status_code == 403

    def test_offers_a_new_one_to_who_may_make_it(self, client, northwind):
        offers = {}
        for role in (Role.ADMINISTRATOR_WITH_BILLING, Role.ADMINISTRATOR, Role.READ_ONLY):
            page = sign_in(client, northwind.by_role[role]).get(reverse("organizations"))
            offers[role] = reverse("organization-new") in page.content.decode()
        assert offers == {Role.ADMINISTRATOR_WITH_BILLING: True, Role.ADMINISTRATOR: False, Role.READ_ONLY: False}


class TestAProviderThatMayCreateNone:
    @pytest.fixture(autouse=True)
    def disallowed(self, northwind):
        changes = {"organization_creation_disallowed_at": timezone.now(), "account_manager_email": "alex@vendor.example"}
        Provider.objects.filter(pk=northwind.pk).update(**changes)

    def test_is_offered_none_and_reads_whom_to_ask(self, owner):
        page = owner.get(reverse("organizations"))
        assert reverse("organization-new") not in page.content.decode()
        assert "Ask your account manager. alex@vendor.example" in words_of(page)

    def test_tells_only_those_who_would_create_one(self, client, northwind):
        page = sign_in(client, northwind.by_role[Role.READ_ONLY]).get(reverse("organizations"))
        assert "account manager" not in words_of(page)

    def test_finds_no_form_but_whom_to_ask(self, owner):
        page = owner.get(reverse("organization-new"))
        assert "Ask your account manager. alex@vendor.example" in words_of(page)
        assert 'name="external_id"' not in page.content.decode()

    def test_is_refused_by_the_rule_whatever_is_sent_and_that_is_noted(self, owner):
        answer = create(owner, "Elm Care")
        assert answer.status_code == 422
        assert "Ask your account manager. alex@vendor.example" in words_of(answer)
        assert not Organization.objects.filter(name="Elm Care").exists()
        assert last_event().action == "refused.organization_creation_disallowed"

    def test_may_again_once_it_is_allowed(self, owner, northwind):
        """The control."""
        Provider.objects.filter(pk=northwind.pk).update(organization_creation_disallowed_at=None)
        assert create(owner, "Elm Care").status_code == 303
        assert reverse("organization-new") in owner.get(reverse("organizations")).content.decode()


class TestANewOne:
    def test_has_its_fields_its_cap_and_a_line_in_the_log(self, owner, northwind):
        fields = {"external_id": "PSA-7", "contact_name": "Ann", "contact_email": "ann@elm.example"}
        response = create(owner, "  Elm   Care ", limit="capped", user_cap="12", **fields)
        made = Organization.objects.get(name="Elm Care")
        assert response.headers["Location"] == made.get_absolute_url()
        assert (made.provider_id, made.external_id, made.contact_name, made.contact_email) == (northwind.pk, *fields.values())
        assert made.seats.user_cap == 12
        assert list(AuditEvent.objects.order_by("pk").values_list("action", "target_id")) == [
            ("accounts.organization.created", made.pk),
            ("usage.cap.changed", made.pk),
        ]

    def test_may_be_uncapped_though_the_provider_has_a_default(self, owner, northwind):
        Provider.objects.filter(pk=northwind.pk).update(default_user_cap=25)
        form = owner.get(reverse("organization-new")).context["form"]
        assert form.initial == {"limit": "capped", "user_cap": "25"}
        create(owner, "Elm Care")
        assert Seats.objects.get(organization__name="Elm Care").user_cap is None

    @pytest.mark.parametrize("name", ["Acme Dental", "ACME dental", "Acmé  Dental"])
    def test_needs_a_name_of_its_own_whatever_case_and_accents(self, owner, name):
        response = create(owner, name)
        assert response.status_code == 422
        assert "An open organization has this name already" in response.context["form"].errors["name"][0]
        assert Organization.objects.filter(name__iexact="acme dental").count() == 1
        assert last_event().action == "refused.organization_name_taken"

    def test_may_have_the_name_of_a_closed_one_and_of_another_provider_s(self, owner, birch, cast):
        foreign = cast.bluefin.clients[0].organization.name
        close(owner, birch, remove_everyone="on")
        assert create(owner, "Birch Legal").status_code == 303
        assert create(owner, foreign).status_code == 303
        assert Organization.objects.filter(name=foreign).count() == 2

    @pytest.mark.parametrize("name", ["", "   ", "–––", "x" * 256])
    def test_has_a_name_that_one_can_read(self, owner, name):
        response = create(owner, name)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["name"]

    def test_with_a_cap_that_is_none_is_not_made_at_all(self, owner):
        response = create(owner, "Elm Care", limit="capped", user_cap="0")
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["user_cap"]
        assert not Organization.objects.filter(name="Elm Care").exists()

    def test_is_not_made_by_who_sees_only_some(self, client, northwind):
        limited = administrator(
            northwind.provider,
            Role.ADMINISTRATOR_WITH_BILLING,
            first_name="Some",
            email="some@northwind.example",
            limited_at=timezone.now(),
        )
        give_access(limited, northwind.clients[0].organization)
        response = create(sign_in(client, limited), "Elm Care")
        assert response.status_code == 422
        assert "limited to some organizations" in words_of(response)

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.READ_ONLY, Role.BILLING_ONLY])
    def test_is_not_made_by_other_roles(self, client, northwind, role):
        assert create(sign_in(client, northwind.by_role[role]), "Elm Care").status_code == 403
        assert not Organization.objects.filter(name="Elm Care").exists()


class TestItsPage:
    def test_tells_its_seats_marks_and_administrators(self, owner, northwind):
        acme = northwind.clients[0]
        add(acme.organization, 4)
        acme.cap(15)
        words = words_of(owner.get(acme.organization.get_absolute_url()))
        assert "10 of 15 seats left" in words
        assert acme.administrator.name in words
        assert "NEAR LIMIT" in words

    def test_is_a_404_for_strangers_and_for_who_may_not_reach_it(self, client, cast):
        foreign, acme = cast.bluefin.clients[0], cast.northwind.clients[0]
        assert sign_in(client, cast.northwind.owner).get(foreign.organization.get_absolute_url()).status_code == 404
        limited = sign_in(client, cast.northwind.limited)
        assert limited.get(acme.organization.get_absolute_url()).status_code == 200
        assert limited.get(cast.northwind.clients[1].organization.get_absolute_url()).status_code == 404


class TestEditing:
    def test_changes_what_was_typed_and_logs_what_was_before(self, owner, birch):
        edit = {"name": "Birch & Partners", "external_id": "PSA-9", "contact_name": "", "contact_email": ""}
        owner.post(reverse("organization-details", args=[birch.pk]), edit)
        birch.refresh_from_db(fields=["name", "external_id"])
        assert (birch.name, birch.external_id) == ("Birch & Partners", "PSA-9")
        assert last_event().details == {"changes": {"name": ["Birch Legal", "Birch & Partners"], "external_id": ["", "PSA-9"]}}

    def test_refuses_the_name_of_another(self, owner, birch):
        response = owner.post(reverse("organization-details", args=[birch.pk]), {"name": "acme dental"})
        assert response.status_code == 422
        birch.refresh_from_db(fields=["name"])
        assert birch.name == "Birch Legal"

    def test_is_no_act_when_nothing_changes(self, owner, birch):
        owner.post(reverse("organization-details", args=[birch.pk]), {"name": "Birch Legal"})
        assert not AuditEvent.objects.exists()


def close(client, organization, users=1, devices=2, **fields):
    return client.post(reverse("organization-closing", args=[organization.pk]), {"users": users, "devices": devices, **fields})


class TestClosing:
    def test_is_refused_while_anyone_is_left(self, owner, birch):
        response = close(owner, birch)
        assert response.status_code == 422
        assert "Still here: 1 user, 2 devices." in words_of(response)
        birch.refresh_from_db(fields=["closed_at"])
        assert birch.closed_at is None
        assert (last_event().action, last_event().organization_id) == ("refused.organization_not_empty", birch.pk)

    def test_says_how_many_it_would_remove(self, owner, birch):
        words = words_of(owner.get(reverse("organization-closing", args=[birch.pk])))
        assert "Remove the 1 user and the 2 devices first." in words

    def test_removes_everyone_when_told_and_keeps_the_history(self, owner, birch, northwind):
        close(owner, birch, remove_everyone="on")
        birch.refresh_from_db(fields=["closed_at"])
        assert birch.closed_at is not None
        assert (birch.seats.users, birch.seats.devices, birch.seats.users_mark) == (0, 0, 1)
        assert SeatEvent.objects.filter(organization=birch, delta=-1, by=northwind.owner.name).count() == 3
        assert last_event().action == "accounts.organization.closed"
        assert last_event().details == {"users_removed": 1, "devices_removed": 2}

    def test_asks_again_when_more_came_meanwhile(self, owner, birch):
        add(birch, 1)
        response = close(owner, birch, remove_everyone="on")
        assert response.status_code == 422
        assert "Meanwhile there are 2 users and 2 devices." in words_of(response)
        assert birch.users.count() == 2

    def test_of_an_empty_one_needs_no_tick(self, owner, northwind):
        elm = new_organization(northwind.provider, "Elm Care")
        assert "No users or devices are left in it." in words_of(owner.get(reverse("organization-closing", args=[elm.pk])))
        close(owner, elm, users=0, devices=0)
        assert Organization.objects.closed().filter(pk=elm.pk).exists()

    def test_happens_once(self, owner, birch):
        close(owner, birch, remove_everyone="on")
        response = close(owner, birch, remove_everyone="on")
        assert response.status_code == 422
        assert AuditEvent.objects.filter(action="accounts.organization.closed").count() == 1

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.READ_ONLY])
    def test_is_for_the_billing_administrator(self, client, northwind, birch, role):
        assert close(sign_in(client, northwind.by_role[role]), birch, remove_everyone="on").status_code in (403, 404)
        assert birch.users.count() == 1
