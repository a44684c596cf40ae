"""Directory users: added, suspended, edited and removed by those who may, at the MSP and at the client itself."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.roles import Role
from tests import cast as people
from usage.actions.users import add_user
from usage.models import SeatEvent, User

pytestmark = pytest.mark.django_db

EVA = {"first_name": "Eva", "last_name": "Neumann", "user_name": "eva.neumann", "email": "eva@acme.example"}


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


def users_of(organization, *more):
    return reverse("organization-users", args=[organization.pk])


def of(user, what):
    return reverse(f"organization-user{what}", args=[user.organization_id, user.pk])


def names(client):
    return sorted(User.objects.filter(organization=client.organization).values_list("user_name", flat=True))


def refusals(code):
    return AuditEvent.objects.filter(action=f"refused.{code}", outcome="refused")


def text(answer):
    return " ".join(answer.content.decode().split())


class TestAddingAUser:
    def test_takes_a_seat_and_is_told_to_log_and_ledger(self, as_tenant, acme):
        acme.cap(5)
        answer = as_tenant.post(users_of(acme.organization), EVA, follow=True)
        assert answer.status_code == 200
        assert acme.seats.users == 2
        assert "Eva Neumann was added." in text(answer)
        assert "<strong>2 of 5</strong> seats used, 3 left" in text(answer)
        event = AuditEvent.objects.get(action="usage.user.added")
        assert (event.actor_name, event.target_name, event.organization_id) == (acme.administrator.name, "eva.neumann", acme.pk)
        assert SeatEvent.objects.latest("id").by == acme.administrator.name

    def test_at_the_cap_is_refused_with_whom_to_ask_and_keeps_what_was_typed(self, as_tenant, acme):
        acme.cap(1)
        answer = as_tenant.post(users_of(acme.organization), EVA)
        assert answer.status_code == 422
        shown = text(answer)
        assert "The one seat is taken. Nobody was added." in shown
        assert "Northwind MSP set this limit and can raise it." in shown
        for contact in ("Cora Contact", "help@northwind.example", "+1 555 0100"):
            assert contact in shown
        for typed in EVA.values():
            assert f'value="{typed}"' in shown
        assert names(acme) == ["acme.user1"]
        assert acme.seats.users == 1
        refusal = refusals("user_cap_reached").get()
        assert (refusal.organization_id, refusal.details["user_cap"], refusal.details["users"]) == (acme.pk, 1, 1)

    def test_is_refused_alike_to_the_msp_who_is_led_to_the_cap(self, as_msp, acme):
        acme.cap(1)
        answer = as_msp.post(users_of(acme.organization), EVA)
        assert answer.status_code == 422
        assert "The one seat is taken." in text(answer)
        assert reverse("cap", args=[acme.pk]) in text(answer)
        assert names(acme) == ["acme.user1"]

    def test_with_a_name_taken_in_other_letters_is_said_at_the_field_and_takes_no_seat(self, as_tenant, acme):
        answer = as_tenant.post(users_of(acme.organization), {**EVA, "user_name": "ACME.User1"})
        assert answer.status_code == 422
        assert answer.context["form"].errors["user_name"] == [
            "A user of this name already exists in the organization. Choose another user name."
        ]
        assert 'value="ACME.User1"' in text(answer)
        assert acme.seats.users == 1
        assert refusals("user_name_taken").get().organization_id == acme.pk

    def test_with_a_name_that_another_client_has_is_nobodys_business(self, as_tenant, acme, birch):
        answer = as_tenant.post(users_of(acme.organization), {**EVA, "user_name": birch.user.user_name})
        assert answer.status_code == 303
        assert birch.user.user_name in names(acme)

    @pytest.mark.parametrize(
        ("field", "typed"), [("user_name", ""), ("user_name", "x" * 101), ("email", "eva"), ("email", ""), ("last_name", "x\0y")]
    )
    def test_with_a_bad_value_is_said_at_the_field(self, as_tenant, acme, field, typed):
        answer = as_tenant.post(users_of(acme.organization), {**EVA, field: typed})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert acme.seats.users == 1

    def test_in_a_closed_organization_is_refused_in_words(self, as_msp, cast):
        closed = people.client(cast.northwind.provider, "Elm Shut", users=0)
        closed.organization.close(at=closed.organization.created_at)
        answer = as_msp.post(users_of(closed.organization), EVA)
        assert answer.status_code == 422
        assert "This organization is closed. Nothing can be added to it." in text(answer)
        assert refusals("organization_closed").get().organization_id == closed.pk

    def test_for_a_provider_that_did_not_pay_is_refused_in_words(self, as_tenant, acme, cast):
        cast.northwind.provider.suspended_at = acme.organization.created_at
        cast.northwind.provider.save(update_fields=["suspended_at"])
        answer = as_tenant.post(users_of(acme.organization), EVA)
        assert answer.status_code == 422
        assert "account is suspended, so no user can be added" in text(answer)
        assert names(acme) == ["acme.user1"]

    def test_answers_htmx_with_the_list_the_seats_and_a_toast(self, as_tenant, acme):
        acme.cap(5)
        page = f"http://testserver{users_of(acme.organization)}"
        headers = {"HX-Request": "true", "HX-Target": "dialog", "HX-Current-URL": f"{page}?state=suspended"}
        answer = as_tenant.post(users_of(acme.organization), EVA, headers=headers)
        assert answer.status_code == 200
        assert answer["HX-Retarget"] == "#users-list"
        assert "close-dialog" in answer["HX-Trigger-After-Swap"]
        shown = text(answer)
        assert 'id="seats-line"' in shown
        assert 'hx-swap-oob="true"' in shown
        assert "Eva Neumann" not in shown, "the reader looks at the suspended users, and keeps doing so"

    def test_refused_to_htmx_comes_back_into_the_dialog(self, as_tenant, acme):
        acme.cap(1)
        answer = as_tenant.post(users_of(acme.organization), EVA, headers={"HX-Request": "true", "HX-Target": "dialog"})
        assert answer.status_code == 422
        assert answer["HX-Retarget"] == "#dialog"
        assert "<html" not in text(answer)


class TestSuspending:
    def test_keeps_the_seat(self, as_tenant, acme):
        acme.cap(1)
        answer = as_tenant.post(of(acme.user, "-suspension"), follow=True)
        acme.user.refresh_from_db()
        assert acme.user.is_suspended
        assert acme.seats.users == 1
        assert "is suspended and keeps the seat." in text(answer)
        assert AuditEvent.objects.filter(action="usage.user.suspended", target_id=acme.user.pk).count() == 1

    def test_twice_is_noted_once(self, as_tenant, acme):
        for _ in range(2):
            assert as_tenant.post(of(acme.user, "-suspension")).status_code == 303
        assert AuditEvent.objects.filter(action="usage.user.suspended").count() == 1

    def test_and_reactivating_works_at_a_full_house(self, as_tenant, acme):
        acme.cap(1)
        as_tenant.post(of(acme.user, "-suspension"))
        as_tenant.post(of(acme.user, "-reactivation"))
        acme.user.refresh_from_db()
        assert (acme.user.state, acme.user.suspended_at) == ("active", None)
        assert acme.seats.users == 1

    def test_answers_htmx_with_the_row_as_the_list_draws_it(self, as_msp, acme):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{reverse('users')}"}
        shown = text(as_msp.post(of(acme.user, "-suspension"), headers=headers))
        assert f'id="user-row-{acme.user.pk}"' in shown
        assert acme.organization.name in shown, "the list over all organizations has a column for them"
        assert "Reactivate" in shown

    def test_by_head_does_nothing(self, as_tenant, acme):
        assert as_tenant.head(of(acme.user, "-suspension")).status_code == 405
        acme.user.refresh_from_db()
        assert not acme.user.is_suspended


class TestRemoving:
    def test_asks_first(self, as_tenant, acme):
        answer = as_tenant.get(of(acme.user, "-removal"))
        assert "the seat becomes free" in text(answer)
        assert names(acme) == ["acme.user1"]

    def test_frees_the_seat_and_lets_the_next_one_in(self, as_tenant, acme):
        acme.cap(1)
        assert as_tenant.post(of(acme.user, "-removal")).status_code == 303
        assert (acme.seats.users, acme.seats.users_mark) == (0, 1)
        assert as_tenant.post(users_of(acme.organization), EVA).status_code == 303
        event = AuditEvent.objects.get(action="usage.user.removed")
        assert (event.target_id, event.target_name) == (acme.user.pk, "acme.user1")

    def test_of_one_who_is_gone_is_not_found(self, as_tenant, acme):
        gone = of(acme.user, "-removal")
        as_tenant.post(gone)
        assert as_tenant.post(gone).status_code == 404
        assert AuditEvent.objects.filter(action="usage.user.removed").count() == 1


class TestEditing:
    def test_changes_the_name_and_notes_what_it_was(self, as_tenant, acme):
        answer = as_tenant.post(of(acme.user, ""), {**EVA, "email": acme.user.email})
        assert answer.status_code == 303
        acme.user.refresh_from_db()
        assert acme.user.name == "Eva Neumann"
        changes = AuditEvent.objects.get(action="usage.user.edited").details["changes"]
        assert changes["user_name"] == ["acme.user1", "eva.neumann"]
        assert "email" not in changes
        assert acme.seats.users == 1

    def test_to_a_name_that_is_taken_is_said_at_the_field(self, as_tenant, acme):
        other = people.user(acme.organization, "other")
        answer = as_tenant.post(of(other, ""), {**EVA, "user_name": "Acme.User1"})
        assert answer.status_code == 422
        assert "user_name" in answer.context["form"].errors
        other.refresh_from_db()
        assert other.user_name == "other"


class TestWhoMay:
    @pytest.mark.parametrize("what", ["-suspension", "-reactivation"])
    def test_help_desk_may_suspend_but_not_add_or_remove(self, client, cast, acme, what):
        people.sign_in(client, cast.northwind.by_role[Role.HELP_DESK])
        assert client.post(of(acme.user, what)).status_code == 303
        assert client.post(users_of(acme.organization), EVA).status_code == 403
        assert client.post(of(acme.user, "-removal")).status_code == 403
        assert names(acme) == ["acme.user1"]
        assert refusals("edit_users").count() == 2

    def test_read_only_sees_and_has_no_buttons(self, client, cast, acme):
        people.sign_in(client, cast.northwind.by_role[Role.READ_ONLY])
        shown = text(client.get(users_of(acme.organization)))
        assert "acme.user1" in shown
        for button in ("Add user", "Suspend ", "Remove "):
            assert button not in shown
        assert client.post(of(acme.user, "-suspension")).status_code == 403

    def test_billing_only_sees_no_users(self, client, cast, acme):
        people.sign_in(client, cast.northwind.by_role[Role.BILLING_ONLY])
        assert client.get(reverse("users")).status_code == 403
        assert client.get(users_of(acme.organization)).status_code == 403

    def test_a_limited_manager_works_in_the_organizations_given_only(self, client, cast, acme, birch):
        people.sign_in(client, cast.northwind.limited)
        assert client.post(users_of(acme.organization), EVA).status_code == 303
        assert client.post(users_of(birch.organization), EVA).status_code == 404
        shown = text(client.get(reverse("users")))
        assert "eva@acme.example" in shown
        assert "birch.user1" not in shown

    def test_a_tenant_reaches_neither_the_other_client_nor_the_other_msp(self, as_tenant, birch, coral):
        for other in (birch, coral):
            assert as_tenant.get(users_of(other.organization)).status_code == 404
            assert as_tenant.post(users_of(other.organization), EVA).status_code == 404
            assert as_tenant.post(of(other.user, "-removal")).status_code == 404
            assert names(other) == [other.user.user_name]

    def test_a_user_named_under_another_organization_is_not_found(self, as_msp, acme, birch, coral):
        for other in (birch, coral):
            mixed = reverse("organization-user-removal", args=[acme.pk, other.user.pk])
            assert as_msp.post(mixed).status_code == 404
            assert names(other) == [other.user.user_name]

    def test_a_tenant_has_no_list_over_all_organizations(self, as_tenant):
        assert as_tenant.get(reverse("users")).status_code == 404
        assert as_tenant.get(reverse("users-csv")).status_code == 404


def test_two_who_add_the_same_name_at_once_add_one_user(committed, cast):
    acme = cast.northwind.clients[0]
    by, at = acme.administrator, acme.organization.created_at

    def add():
        return add_user(organization=acme.organization, **EVA, by=by, at=at)

    outcomes = committed.together([add] * 6)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["User", *["UserNameTaken"] * 5]
    assert acme.seats.users == 2
