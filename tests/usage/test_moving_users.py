"""Moving a user to another organization of the MSP, on the page: through the gate of the other house, and with what belongs to the user."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests.cast import sign_in, user
from tests.usage.test_caps import words_of
from usage.actions.user_invitations import accept_invitation, invite_user
from usage.models import SeatEvent, User, UserInvitation

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    cast.northwind.clients[1].cap(2)
    return cast.northwind.clients[1]


@pytest.fixture
def as_owner(client, cast):
    return sign_in(client, cast.northwind.owner)


def page_of(one):
    return reverse("organization-user-move", args=[one.organization_id, one.pk])


def move(browser, one, target):
    return browser.post(page_of(one), {"organization": target.pk})


class TestAMove:
    def test_takes_a_seat_there_and_frees_one_here(self, as_owner, acme, birch):
        assert move(as_owner, acme.user, birch).status_code == 303
        assert (acme.seats.users, birch.seats.users) == (0, 2)
        assert User.objects.get(pk=acme.user.pk).organization_id == birch.pk
        told = AuditEvent.objects.filter(action__startswith="usage.user.moved").order_by("pk")
        assert list(told.values_list("action", "organization_id")) == [
            ("usage.user.moved_away", acme.pk),
            ("usage.user.moved", birch.pk),
        ]

    def test_is_offered_where_the_user_is_edited_but_not_to_the_client(self, client, cast, acme):
        edit = reverse("organization-user", args=[acme.pk, acme.user.pk])
        assert page_of(acme.user) in sign_in(client, cast.northwind.owner).get(edit).content.decode()
        assert page_of(acme.user) not in sign_in(client, acme.administrator).get(edit).content.decode()

    def test_to_a_full_house_is_refused_in_the_words_of_everywhere(self, as_owner, acme, birch):
        user(birch.organization, "other")
        refused = move(as_owner, acme.user, birch)
        assert refused.status_code == 422
        assert "All 2 seats are taken. Nobody was added." in words_of(refused)
        assert reverse("cap", args=[birch.pk]) in refused.content.decode()
        assert AuditEvent.objects.filter(action="refused.user_cap_reached", organization_id=birch.pk).exists()
        assert (acme.seats.users, birch.seats.users) == (1, 2)

    def test_to_where_the_name_is_taken_is_refused(self, as_owner, acme, birch):
        user(birch.organization, acme.user.user_name.upper())
        birch.cap(None)
        assert "A user of this name already exists" in words_of(move(as_owner, acme.user, birch))

    def test_is_to_an_open_organization_of_one_s_own_reach(self, client, cast, acme, birch):
        quartz = cast.bluefin.clients[0]
        assert move(sign_in(client, cast.northwind.owner), acme.user, quartz).status_code == 422
        assert move(sign_in(client, cast.northwind.limited), acme.user, birch).status_code == 422
        birch.user.delete()
        birch.organization.close(at=timezone.now())
        assert move(sign_in(client, cast.northwind.owner), acme.user, birch).status_code == 422
        assert acme.seats.users == 1

    def test_takes_an_invitation_along(self, as_owner, cast, acme, birch, monkeypatch):
        monkeypatch.setattr("secrets.token_urlsafe", lambda size: "A" * 43)
        who = {"user_name": "eva", "email": "eva@x.example", "by": cast.northwind.owner}
        eva = invite_user(organization=acme.organization, **who, at=timezone.now())
        move(as_owner, eva, birch)
        assert UserInvitation.objects.get().organization_id == birch.pk
        before = SeatEvent.objects.count()
        assert accept_invitation(token="A" * 43, at=timezone.now()).organization == birch.organization
        assert (birch.seats.users, SeatEvent.objects.count()) == (2, before)
