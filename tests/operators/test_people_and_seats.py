"""What operators do with users, caps and providers: through the same gate, in their own name, and never with a fault."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.urls import reverse

from accounts.models import Administrator, AuditEvent, Operator, Organization, Person, Provider
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from tests import cast as people
from usage.models import Device, SeatEvent, Seats, User

pytestmark = pytest.mark.django_db

EVA = {"first_name": "Eva", "last_name": "Neumann", "user_name": "eva.neumann", "email": "eva@acme.example"}


def page(name, *args):
    return reverse(f"admin:{name}", args=args)


def errors(answer):
    form = answer.context["adminform"].form
    return {field: list(said) for field, said in form.errors.items()}


def run(console, model, action, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return console.post(page(f"{model}_changelist"), chosen, follow=True)


class TestAddingAUser:
    def test_takes_a_seat_in_the_operators_name(self, as_operator, acme):
        answer = as_operator.post(page("usage_user_add"), {**EVA, "organization": acme.pk})
        assert answer.status_code == 302
        assert acme.seats.users == 2
        assert SeatEvent.objects.latest("id").by == "Olive Operator"
        event = AuditEvent.objects.get(action="usage.user.added")
        assert (event.actor_kind, event.actor_name, event.provider_id) == (
            "operator",
            "Olive Operator",
            acme.organization.provider_id,
        )
        assert LogEntry.objects.get().object_repr == "eva.neumann"

    def test_at_the_cap_is_refused_with_words_and_changes_nothing(self, as_operator, acme):
        acme.cap(1)
        answer = as_operator.post(page("usage_user_add"), {**EVA, "organization": acme.pk})
        assert answer.status_code == 200
        assert errors(answer) == {"__all__": ["The one seat is taken. Nobody was added."]}
        assert 'value="eva.neumann"' in answer.content.decode()
        assert acme.seats.users == 1
        assert not User.objects.filter(user_name="eva.neumann").exists()
        assert not LogEntry.objects.exists()
        refusal = AuditEvent.objects.get(action="refused.user_cap_reached")
        assert (refusal.outcome, refusal.actor_name, refusal.organization_id) == ("refused", "Olive Operator", acme.pk)
        assert refusal.provider_id == acme.organization.provider_id

    def test_with_a_name_that_is_taken_is_said_at_the_field(self, as_operator, acme):
        answer = as_operator.post(page("usage_user_add"), {**EVA, "user_name": "ACME.USER1", "organization": acme.pk})
        assert answer.status_code == 200
        assert "A user of this name already exists" in str(errors(answer))
        assert acme.seats.users == 1

    def test_in_a_closed_organization_is_refused_with_words(self, as_operator, cast):
        closed = people.client(cast.northwind.provider, "Elm Shut", users=0)
        closed.organization.close(at=closed.organization.created_at)
        answer = as_operator.post(page("usage_user_add"), {**EVA, "organization": closed.pk})
        assert errors(answer) == {"__all__": ["This organization is closed. Nothing can be added to it."]}

    def test_while_someone_holds_the_lock_is_told_to_try_again(self, as_operator, acme, monkeypatch):
        def held(*args, **rest):
            with connection.cursor() as cursor:
                cursor.execute("do $$ begin raise exception 'held' using errcode = 'lock_not_available'; end $$")

        monkeypatch.setattr("usage.admin.add_user", held)
        answer = as_operator.post(page("usage_user_add"), {**EVA, "organization": acme.pk})
        assert answer.status_code == 200
        assert "Nothing was saved; please try again." in errors(answer)["__all__"][0]
        assert acme.seats.users == 1


class TestChangingAUser:
    def test_saves_what_was_changed_and_nothing_else(self, as_operator, acme):
        typed = {"first_name": "", "last_name": "", "user_name": "renamed", "email": acme.user.email}
        assert as_operator.post(page("usage_user_change", acme.user.pk), typed).status_code == 302
        acme.user.refresh_from_db()
        assert acme.user.user_name == "renamed"
        changes = AuditEvent.objects.get(action="usage.user.edited").details["changes"]
        assert changes == {"user_name": ["acme.user1", "renamed"]}

    def test_to_a_name_that_is_taken_is_refused_though_the_form_cannot_see_it(self, as_operator, acme):
        other = people.user(acme.organization, "other")
        typed = {"first_name": "", "last_name": "", "user_name": "Acme.User1", "email": other.email}
        answer = as_operator.post(page("usage_user_change", other.pk), typed)
        assert answer.status_code == 200
        assert "A user of this name already exists" in errors(answer)["user_name"][0]
        other.refresh_from_db()
        assert other.user_name == "other"

    def test_deletes_one_by_one_through_the_action(self, as_operator, acme):
        answer = as_operator.post(page("usage_user_delete", acme.user.pk), {"post": "yes"})
        assert answer.status_code == 302
        assert acme.seats.users == 0
        assert SeatEvent.objects.latest("id").by == "Olive Operator"
        assert AuditEvent.objects.get(action="usage.user.removed").target_name == "acme.user1"

    def test_deletes_those_chosen_in_the_list_alike(self, as_operator, acme):
        other = people.user(acme.organization, "other")
        answer = as_operator.post(
            page("usage_user_changelist"),
            {"action": "delete_selected", "_selected_action": [acme.user.pk, other.pk], "post": "yes"},
        )
        assert answer.status_code == 302
        assert acme.seats.users == 0
        assert AuditEvent.objects.filter(action="usage.user.removed", actor_kind="operator").count() == 2

    def test_suspends_and_reactivates_at_a_full_house(self, as_operator, acme):
        acme.cap(1)
        assert "1 user is suspended." in run(as_operator, "usage_user", "suspend", acme.user).content.decode()
        assert "1 user is active again." in run(as_operator, "usage_user", "reactivate", acme.user).content.decode()
        assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == ["suspend", "reactivate"]
        acme.user.refresh_from_db()
        assert acme.user.state == "active"
        assert acme.seats.users == 1


class TestDevices:
    def test_are_added_changed_and_removed_in_the_operators_name(self, as_operator, acme):
        typed = {"name": "PC", "operating_system": "", "serial_number": ""}
        as_operator.post(page("usage_device_add"), {**typed, "organization": acme.pk})
        device = Device.objects.get()
        as_operator.post(page("usage_device_change", device.pk), {**typed, "name": "PC 2"})
        as_operator.post(page("usage_device_delete", device.pk), {"post": "yes"})
        assert not Device.objects.exists()
        done = AuditEvent.objects.filter(action__startswith="usage.device.").order_by("id").values_list("action", "actor_name")
        assert [(action.rpartition(".")[2], name) for action, name in done] == [
            ("added", "Olive Operator"),
            ("edited", "Olive Operator"),
            ("removed", "Olive Operator"),
        ]


class TestTheCap:
    def test_is_set_in_the_operators_name(self, as_operator, acme):
        assert as_operator.post(page("usage_seats_change", acme.pk), {"user_cap": "25"}).status_code == 302
        assert (acme.seats.user_cap, acme.seats.cap_changed_by) == (25, "Olive Operator")
        event = AuditEvent.objects.get(action="usage.cap.changed")
        assert (event.details, event.actor_kind) == ({"before": None, "after": 25}, "operator")

    @pytest.mark.parametrize("typed", ["0", "-1", "10001", "1.5", "1.0", "+5", "1_000", "١٢", "1e3"])
    def test_out_of_range_is_refused_at_the_field(self, as_operator, acme, typed):
        answer = as_operator.post(page("usage_seats_change", acme.pk), {"user_cap": typed})
        assert answer.status_code == 200
        assert list(errors(answer)) == ["user_cap"]
        assert acme.seats.user_cap is None

    def test_counts_cannot_be_typed(self, as_operator, acme):
        as_operator.post(page("usage_seats_change", acme.pk), {"user_cap": "", "users": "99", "users_mark": "99"})
        assert (acme.seats.users, acme.seats.users_mark) == (1, 1)
        assert as_operator.get(page("usage_seats_add")).status_code == 403
        assert as_operator.post(page("usage_seats_delete", acme.pk), {"post": "yes"}).status_code == 403


class TestProviders:
    NEW = {"name": "Delta IT", "time_zone": "Europe/Berlin", "default_user_cap": "50"}

    def test_are_made_with_a_first_administrator_who_is_invited(self, as_operator):
        assert as_operator.post(page("accounts_provider_add"), self.NEW).status_code == 302
        provider = Provider.objects.get(name="Delta IT")
        assert (provider.time_zone, provider.default_user_cap) == ("Europe/Berlin", 50)
        typed = {"of_provider": provider.pk, "email": "dora@delta.example", "first_name": "Dora", "last_name": "Delta"}
        typed["role"] = Role.ADMINISTRATOR_WITH_BILLING.value
        assert as_operator.post(page("accounts_administrator_add"), typed).status_code == 302
        administrator = Administrator.objects.get(email="dora@delta.example")
        assert (administrator.provider, administrator.joined_at) == (provider, None)
        assert OutboxMessage.objects.get(provider_id=provider.pk).payload["to"] == ["dora@delta.example"]
        assert AuditEvent.objects.get(action="administrator.invited").provider_id == provider.pk

    def test_in_an_unknown_zone_are_refused_at_the_field(self, as_operator):
        answer = as_operator.post(page("accounts_provider_add"), {**self.NEW, "time_zone": "Mars/Olympus"})
        assert list(errors(answer)) == ["time_zone"]
        assert not Provider.objects.filter(name="Delta IT").exists()

    def test_that_do_not_pay_get_no_seats_until_they_do(self, as_operator, acme, cast):
        provider = cast.northwind.provider
        assert "1 provider is suspended." in run(as_operator, "accounts_provider", "suspend", provider).content.decode()
        answer = as_operator.post(page("usage_user_add"), {**EVA, "organization": acme.pk})
        assert "is suspended, so no user can be added" in str(errors(answer))
        run(as_operator, "accounts_provider", "restore", provider)
        assert as_operator.post(page("usage_user_add"), {**EVA, "organization": acme.pk}).status_code == 302
        assert AuditEvent.objects.filter(action__in=["provider.suspended", "provider.restored"], provider=provider).count() == 2

    def test_may_create_no_organizations_until_they_are_allowed(self, as_operator, cast):
        provider = cast.northwind.provider
        said = run(as_operator, "accounts_provider", "disallow_organization_creation", provider).content.decode()
        assert "1 provider may create no organizations." in said
        provider.refresh_from_db()
        assert not provider.may_create_organizations
        run(as_operator, "accounts_provider", "allow_organization_creation", provider)
        provider.refresh_from_db()
        assert provider.may_create_organizations
        noted = AuditEvent.objects.filter(action__startswith="provider.organization_creation_", provider=provider)
        assert set(noted.values_list("action", "actor_name")) == {
            ("provider.organization_creation_disallowed", "Olive Operator"),
            ("provider.organization_creation_allowed", "Olive Operator"),
        }

    def test_are_never_deleted_and_nor_are_their_organizations(self, as_operator, cast, acme):
        assert as_operator.post(page("accounts_provider_delete", cast.northwind.pk), {"post": "yes"}).status_code == 403
        assert as_operator.post(page("accounts_organization_delete", acme.pk), {"post": "yes"}).status_code == 403


class TestOrganizations:
    def test_are_made_for_the_provider_chosen_with_their_seats(self, as_operator, cast):
        typed = {"of_provider": cast.northwind.pk, "name": "Fir Trading"}
        assert as_operator.post(page("accounts_organization_add"), typed).status_code == 302
        assert Seats.objects.get(organization__name="Fir Trading").provider == cast.northwind.provider
        assert AuditEvent.objects.get(action="accounts.organization.created").provider_id == cast.northwind.pk

    def test_need_a_provider(self, as_operator):
        answer = as_operator.post(page("accounts_organization_add"), {"name": "Fir Trading"})
        assert list(errors(answer)) == ["of_provider"]

    def test_of_a_name_that_is_taken_are_refused_with_words(self, as_operator, cast):
        answer = as_operator.post(page("accounts_organization_add"), {"of_provider": cast.northwind.pk, "name": "ACME dental"})
        assert "An open organization has this name already" in errors(answer)["name"][0]
        assert Organization.objects.filter(provider=cast.northwind.provider).count() == 2

    def test_renamed_to_a_name_that_is_taken_are_refused_at_the_field(self, as_operator, acme):
        answer = as_operator.post(page("accounts_organization_change", acme.pk), {"name": "BIRCH legal"})
        assert "An open organization has this name already" in errors(answer)["name"][0]
        acme.organization.refresh_from_db()
        assert acme.organization.name == "Acme Dental"

    def test_are_renamed_in_the_operators_name(self, as_operator, acme):
        assert as_operator.post(page("accounts_organization_change", acme.pk), {"name": "Acme"}).status_code == 302
        event = AuditEvent.objects.get(action="accounts.organization.edited")
        assert (event.actor_kind, event.details["changes"]) == ("operator", {"name": ["Acme Dental", "Acme"]})

    def test_never_change_their_provider(self, as_operator, cast, acme):
        typed = {"name": "Acme Dental", "of_provider": cast.bluefin.pk, "provider": cast.bluefin.pk}
        as_operator.post(page("accounts_organization_change", acme.pk), typed)
        acme.organization.refresh_from_db()
        assert acme.organization.provider == cast.northwind.provider


class TestPeople:
    def test_a_person_is_suspended_everywhere_and_let_in_again(self, as_operator, cast):
        person = cast.northwind.owner.person
        run(as_operator, "accounts_person", "suspend", person)
        assert Person.objects.get(pk=person.pk).suspended_at
        run(as_operator, "accounts_person", "restore", person)
        assert not Person.objects.get(pk=person.pk).suspended_at
        assert AuditEvent.objects.filter(action="person.suspended", target_id=person.pk).exists()

    def test_nobody_shuts_himself_out(self, as_operator, operator):
        run(as_operator, "accounts_person", "suspend", operator)
        assert as_operator.post(page("accounts_operator_delete", operator.pk), {"post": "yes"}).status_code == 403
        run(as_operator, "accounts_operator", "delete_selected", operator)
        assert as_operator.get("/").status_code == 200
        assert Operator.objects.filter(pk=operator.pk).exists()

    def test_a_second_operator_is_made_and_removed(self, as_operator, cast):
        person = cast.northwind.owner.person
        as_operator.post(page("accounts_operator_add"), {"person": person.pk})
        assert Operator.objects.filter(person=person).exists()
        as_operator.post(page("accounts_operator_delete", person.pk), {"post": "yes"})
        assert not Operator.objects.filter(person=person).exists()
        assert AuditEvent.objects.filter(action__in=["operator.added", "operator.removed"]).count() == 2
