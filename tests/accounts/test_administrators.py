"""Administrators: who invites, changes, suspends and removes whom, and that one always stays."""

import pytest
from django.utils import timezone

from accounts.actions.administrators import LastAdministrator, change_place, suspend
from accounts.models import Access, Administrator, AuditEvent
from accounts.roles import Role
from msp_portal.lib import tenancy
from msp_portal.lib.models import OutboxMessage
from tests import cast as people
from tests.cast import sign_in

LIST, NEW = "/administrators/", "/administrators/new/"
INVITATION = {"first_name": "Nora", "last_name": "New", "email": "nora@new.example", "role": Role.READ_ONLY.value}


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(northwind, client):
    return sign_in(client, northwind.owner)


def path(administrator, noun=""):
    return f"{LIST}{administrator.pk}/{noun}"


def body(answer):
    return answer.content.decode()


class TestTheList:
    def test_shows_everyone_with_role_and_state(self, owner, northwind):
        shown = body(owner.get(LIST))
        for word in ("Read Only", "Suspended", "Active", "1 organization", "Acme Dental"):
            assert word in shown

    def test_narrows_and_searches(self, owner, northwind):
        shown = body(owner.get(f"{LIST}?state=suspended"))
        assert northwind.suspended.email in shown
        assert northwind.owner.email not in shown
        assert northwind.suspended.email not in body(owner.get(f"{LIST}?q=acme.example"))

    def test_shows_a_limited_one_those_of_his_organizations_and_himself(self, northwind, client):
        shown = body(sign_in(client, northwind.limited).get(LIST))
        assert northwind.clients[0].administrator.email in shown
        assert northwind.limited.email in shown
        assert northwind.clients[1].administrator.email not in shown
        assert northwind.owner.email not in shown


class TestInviting:
    def test_gives_a_place_and_mails_the_link(self, owner, northwind):
        answer = owner.post(NEW, INVITATION)
        assert answer.status_code == 303
        made = Administrator.objects.get(email="nora@new.example")
        assert (made.role, made.joined_at, made.is_limited) == (Role.READ_ONLY, None, False)
        assert OutboxMessage.objects.filter(provider_id=northwind.pk, kind="mail").count() == 1
        assert AuditEvent.objects.get(action="administrator.invited").target_id == made.pk

    def test_limits_to_the_organizations_chosen(self, owner, northwind):
        acme = northwind.clients[0].organization
        owner.post(NEW, {**INVITATION, "role": Role.MANAGER.value, "limited": "on", "organizations": [acme.pk]})
        made = Administrator.objects.get(email="nora@new.example")
        assert made.is_limited
        assert list(Access.objects.filter(administrator=made).values_list("organization_id", flat=True)) == [acme.pk]

    def test_makes_a_clients_own_administrator(self, owner, northwind):
        acme = northwind.clients[0].organization
        owner.post(NEW, {**INVITATION, "role": Role.ORGANIZATION_ADMINISTRATOR.value, "organizations": [acme.pk]})
        made = Administrator.objects.get(email="nora@new.example")
        assert (made.organization, made.access.get().organization) == (acme, acme)

    def test_begins_at_the_client_whose_page_it_came_from(self, owner, northwind):
        acme = northwind.clients[0].organization
        link = f"{NEW}?organization={acme.pk}"
        assert link in body(owner.get(f"/organizations/{acme.pk}/"))
        form = body(owner.get(link))
        assert f'<option value="{acme.pk}" selected>' in form
        assert '<option value="Organization Administrator" selected>' in form

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"role": Role.ORGANIZATION_ADMINISTRATOR.value}, "Choose the one organization"),
            ({"role": Role.MANAGER.value, "limited": "on"}, "Choose at least one organization"),
            ({"role": Role.ADMINISTRATOR_WITH_BILLING.value, "limited": "on"}, "always reaches every organization"),
            ({"email": "nonsense"}, "valid email"),
            ({"role": "Emperor"}, "Select a valid choice"),
        ],
    )
    def test_says_what_does_not_fit(self, owner, changes, said):
        before = Administrator.objects.count()
        answer = owner.post(NEW, {**INVITATION, **changes})
        assert (answer.status_code, Administrator.objects.count()) == (422, before)
        assert said in body(answer)

    def test_takes_no_foreign_organization(self, owner, cast):
        foreign = cast.bluefin.clients[0].organization
        answer = owner.post(NEW, {**INVITATION, "role": Role.MANAGER.value, "limited": "on", "organizations": [foreign.pk]})
        assert answer.status_code == 422
        assert not Administrator.objects.filter(email="nora@new.example").exists()

    def test_refuses_a_second_place_for_an_address_in_any_case(self, owner, northwind):
        answer = owner.post(NEW, {**INVITATION, "email": northwind.suspended.email.upper()})
        assert "is an administrator here already" in body(answer)

    def test_asks_for_the_password_when_the_sign_in_is_old(self, northwind, client):
        answer = sign_in(client, northwind.owner, fresh=False).post(NEW, INVITATION)
        assert answer.status_code == 302
        assert not Administrator.objects.filter(email="nora@new.example").exists()

    def test_is_for_those_alone_who_may(self, northwind, client):
        assert sign_in(client, northwind.by_role[Role.ADMINISTRATOR]).post(NEW, INVITATION).status_code == 403

    def test_is_done_again_with_a_new_link(self, owner, northwind):
        owner.post(NEW, INVITATION)
        made = Administrator.objects.get(email="nora@new.example")
        owner.post(path(made, "invitation/"))
        assert Administrator.objects.get(pk=made.pk).invited_at > made.invited_at
        assert OutboxMessage.objects.filter(kind="mail").count() == 2


class TestChanging:
    def test_gives_role_and_access_from_the_next_request(self, owner, northwind):
        manager = northwind.limited
        owner.post(path(manager), {"role": Role.ADMINISTRATOR.value, "api_access": "on"})
        manager.refresh_from_db()
        assert (manager.role, manager.limited_at, manager.access.count()) == (Role.ADMINISTRATOR, None, 0)
        assert manager.api_access_at is not None
        event = AuditEvent.objects.get(action="administrator.changed")
        assert event.details["changes"]["role"] == ["Manager", "Administrator"]

    def test_shuts_a_suspended_one_out_and_lets_a_restored_one_in(self, owner, northwind):
        reader = northwind.by_role[Role.READ_ONLY]
        owner.post(path(reader, "suspension/"))
        reader.refresh_from_db()
        assert reader.suspended_at is not None
        owner.post(path(reader, "restoration/"))
        reader.refresh_from_db()
        assert reader.suspended_at is None

    def test_removes_for_good(self, owner, northwind):
        reader = northwind.limited
        owner.post(path(reader, "removal/"))
        assert not Administrator.objects.filter(pk=reader.pk).exists()
        assert AuditEvent.objects.get(action="administrator.removed").target_name == reader.name

    @pytest.mark.parametrize("noun", ["", "suspension/", "removal/", "restoration/"])
    def test_is_nothing_that_one_does_to_oneself(self, owner, northwind, noun):
        answer = owner.post(path(northwind.owner, noun), {"role": Role.READ_ONLY.value})
        assert answer.status_code == 422
        assert "Nobody changes, suspends or removes himself" in body(answer)
        northwind.owner.refresh_from_db()
        assert (northwind.owner.role, northwind.owner.suspended_at) == (Role.ADMINISTRATOR_WITH_BILLING, None)

    def test_finds_no_one_of_another_provider(self, owner, cast):
        assert owner.post(path(cast.bluefin.owner, "suspension/")).status_code == 404


class TestTheLastOne:
    """`second` may do all that the owner may, so each can suspend the other, but not both."""

    @pytest.fixture
    def second(self, northwind):
        return people.administrator(northwind.provider, Role.ADMINISTRATOR_WITH_BILLING, first_name="Second")

    def test_stays_whoever_asks(self, northwind, second):
        now = timezone.now()
        with tenancy.scope(northwind.pk):
            suspend(administrator=second, by=northwind.owner, at=now)
            with pytest.raises(LastAdministrator):
                suspend(administrator=northwind.owner, by=second, at=now)
            with pytest.raises(LastAdministrator):
                change_place(
                    administrator=northwind.owner,
                    by=second,
                    at=now,
                    role=Role.READ_ONLY,
                    organizations=[],
                    limited=False,
                    api_access=False,
                )
        northwind.owner.refresh_from_db()
        assert (northwind.owner.role, northwind.owner.suspended_at) == (Role.ADMINISTRATOR_WITH_BILLING, None)

    def test_stays_when_two_suspend_each_other_at_once(self, committed, northwind, second):
        for _ in range(5):
            outcomes = committed.together(each_other(northwind, second))
            assert [type(outcome) for outcome in outcomes].count(LastAdministrator) == 1
            assert active(northwind) == 1
            Administrator.objects.filter(provider=northwind.provider).update(suspended_at=None)

    def test_stays_when_raw_sql_does_it_at_once(self, committed, northwind, second):
        for _ in range(5):
            committed.together(raw_sql(committed, northwind, second))
            assert active(northwind) == 1
            Administrator.objects.filter(provider=northwind.provider).update(suspended_at=None)

    def test_goes_without_the_trigger(self, committed, northwind, second):
        """The control."""
        committed.connect("owner", autocommit=True).execute(
            "drop trigger keep_an_administrator_on_update on accounts_administrator"
        )
        committed.together(raw_sql(committed, northwind, second))
        assert active(northwind) == 0


def each_other(msp, second):
    pairs = [(msp.owner, second), (second, msp.owner)]
    return [lambda pair=pair: suspend_in_scope(msp, *pair) for pair in pairs]


def suspend_in_scope(msp, who, by):
    with tenancy.scope(msp.pk):
        suspend(administrator=who, by=by, at=timezone.now())


def raw_sql(committed, msp, second):
    statement = "update accounts_administrator set suspended_at = now() where id = %s"
    connections = [committed.connect("system", autocommit=True) for _ in range(2)]
    return [lambda c=c, who=who: c.execute(statement, [who.pk]) for c, who in zip(connections, (msp.owner, second), strict=True)]


def active(msp):
    return Administrator.objects.filter(provider=msp.provider, role=Role.ADMINISTRATOR_WITH_BILLING).active().count()
