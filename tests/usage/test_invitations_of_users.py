"""Inviting directory users by mail: the seat is taken at once, accepting takes none, an end without an answer gives it back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from msp_portal.lib.outbox import sweep
from tests.cast import sign_in, user
from tests.usage.test_caps import words_of
from usage import bounds
from usage.actions.expiring_invitations import expire_invitations, forget_invitations
from usage.actions.user_invitations import UserInvitationIsOver, accept_invitation, invite_user, send_invitation
from usage.actions.users import activate_user, remove_user
from usage.models import RemovedUser, SeatEvent, User, UserInvitation

pytestmark = pytest.mark.django_db

EVA = {"email": "eva@acme.example", "user_name": "eva", "first_name": "Eva", "last_name": "Neumann"}
LATER = bounds.USER_INVITATION_VALID_FOR + timedelta(seconds=1)
OVER = "This invitation is no longer valid"


@pytest.fixture
def acme(cast):
    """One user under a cap of two: one seat is left."""
    cast.northwind.clients[0].cap(2)
    return cast.northwind.clients[0]


@pytest.fixture
def as_tenant(client, acme):
    return sign_in(client, acme.administrator)


@pytest.fixture
def eva(cast, acme):
    return invite_user(organization=acme.organization, **EVA, by=cast.northwind.owner, at=timezone.now())


@pytest.fixture
def link(eva):
    return mailed_link()


def mailed_link():
    """The path of the link in the mail delivered last."""
    sweep(lambda: datetime.now(UTC))
    return re.search(r"https?://[^/]+(/users/invitations/[\w-]{43}/)", mail.outbox[-1].body)[1]


def invite(browser, acme, **typed):
    return browser.post(reverse("user-invitation-new", args=[acme.pk]), {**EVA, **typed})


def of(one, what=""):
    return reverse(f"user-invitation{what}", args=[one.organization_id, one.pk])


def staged(acme):
    return list(User.objects.filter(organization_id=acme.pk, state="staged").values_list("user_name", flat=True))


def acts():
    found = AuditEvent.objects.filter(action__startswith="usage.user.").order_by("pk")
    return [action.removeprefix("usage.user.") for action in found.values_list("action", flat=True)]


class TestInviting:
    def test_stages_the_user_and_mails_the_link(self, as_tenant, acme):
        assert invite(as_tenant, acme).status_code == 303
        made = UserInvitation.objects.select_related("user").get()
        assert (made.user.user_name, made.user.state, acme.seats.users) == ("eva", "staged", 2)
        assert (made.email, made.invited_by_id) == ("eva@acme.example", acme.administrator.pk)
        assert made.expires_at - made.sent_at == bounds.USER_INVITATION_VALID_FOR
        assert acts() == ["added", "invited"]
        mailed_link()
        assert (mail.outbox[-1].to, mail.outbox[-1].subject) == (["eva@acme.example"], "You are invited to Acme Dental")
        assert f"{acme.administrator.name} invites you to be a user of Acme Dental" in mail.outbox[-1].body

    def test_keeps_no_token(self, eva, link):
        token = link.strip("/").split("/")[-1]
        with connection.cursor() as cursor:
            cursor.execute("select i::text from usage_userinvitation i")
            kept = cursor.fetchone()[0]
        assert token not in kept
        assert token not in str(list(AuditEvent.objects.values_list("details", flat=True)))

    def test_shows_since_when_and_until_when_in_the_lists(self, as_tenant, client, cast, acme, eva):
        own = words_of(as_tenant.get(reverse("organization-users", args=[acme.pk])))
        assert "Staged Invited" in own
        assert "expires" in own
        assert "Staged Invited" in words_of(sign_in(client, cast.northwind.owner).get(reverse("users")))

    def test_asks_the_database_once_for_the_invitations_of_a_page(self, as_tenant, acme, cast, django_assert_max_num_queries):
        acme.cap(None)
        for number in range(5):
            who = {**EVA, "user_name": f"u{number}"}
            invite_user(organization=acme.organization, **who, by=cast.northwind.owner, at=timezone.now())
        with django_assert_max_num_queries(60) as queries:
            as_tenant.get(reverse("organization-users", args=[acme.pk]))
        assert sum('"usage_userinvitation"' in query["sql"] for query in queries.captured_queries) == 1

    def test_at_a_full_house_is_refused_with_whom_to_ask(self, as_tenant, acme):
        acme.cap(1)
        refused = invite(as_tenant, acme)
        assert refused.status_code == 422
        shown = words_of(refused)
        assert "The one seat is taken. Nobody was added." in shown
        assert "help@northwind.example" in shown
        assert (UserInvitation.objects.count(), acme.seats.users) == (0, 1)
        sweep(lambda: datetime.now(UTC))
        assert mail.outbox == []

    def test_of_a_name_that_is_taken_is_refused_at_the_field(self, as_tenant, acme, eva):
        acme.cap(None)
        assert "already exists" in invite(as_tenant, acme).context["form"].errors["user_name"][0]

    @pytest.mark.parametrize("role", [Role.HELP_DESK, Role.READ_ONLY])
    def test_is_not_for_everyone(self, client, cast, acme, role):
        assert invite(sign_in(client, cast.northwind.by_role[role]), acme).status_code == 403
        assert staged(acme) == []

    def test_of_too_many_a_day_is_refused(self, as_tenant, acme, eva, monkeypatch):
        acme.cap(None)
        monkeypatch.setattr("usage.actions.user_invitations.USER_INVITATIONS_OF_ORGANIZATION", 2)
        assert invite(as_tenant, acme, user_name="second").status_code == 303
        refused = invite(as_tenant, acme, user_name="third")
        assert "Too many invitations were sent today." in words_of(refused)
        assert sorted(staged(acme)) == ["eva", "second"]

    def test_counts_what_an_administrator_sends_anywhere(self, cast, acme, eva, client, monkeypatch):
        monkeypatch.setattr("usage.actions.user_invitations.USER_INVITATIONS_OF_ADMINISTRATOR", 1)
        birch = cast.northwind.clients[1]
        assert invite(sign_in(client, cast.northwind.owner), birch).status_code == 422
        assert invite(sign_in(client, birch.administrator), birch).status_code == 303

    def test_counts_what_goes_to_one_address(self, as_tenant, acme, eva, monkeypatch):
        acme.cap(None)
        monkeypatch.setattr("usage.actions.user_invitations.USER_INVITATIONS_OF_ADDRESS", 2)
        assert invite(as_tenant, acme, user_name="second", email="EVA@acme.example").status_code == 303
        assert "Too many invitations were sent today." in words_of(invite(as_tenant, acme, user_name="third"))
        assert "Too many invitations were sent today." in words_of(as_tenant.post(of(eva)))
        assert invite(as_tenant, acme, user_name="third", email="ada@acme.example").status_code == 303

    def test_counts_yesterdays_no_more(self, cast, acme, eva, client, monkeypatch):
        monkeypatch.setattr("usage.actions.user_invitations.USER_INVITATIONS_OF_ORGANIZATION", 1)
        UserInvitation.objects.update(sent_at=timezone.now() - bounds.USER_INVITATIONS_WINDOW)
        acme.cap(None)
        assert invite(sign_in(client, cast.northwind.owner), acme, user_name="second").status_code == 303


class TestAccepting:
    def test_shows_who_invites_and_changes_nothing(self, client, eva, link):
        client.logout()
        shown = words_of(client.get(link))
        assert "Acme Dental" in shown
        assert "Northwind MSP" in shown
        eva.refresh_from_db()
        assert eva.state == "staged"

    @pytest.mark.parametrize("cap", [2, 1])
    def test_takes_no_second_seat_at_a_full_house_and_under_a_lowered_cap(self, client, acme, eva, link, cap):
        acme.cap(cap)
        before = SeatEvent.objects.count()
        answer = client.post(link)
        assert answer.status_code == 200
        assert "You are a user of Acme Dental now." in words_of(answer)
        eva.refresh_from_db()
        assert (eva.state, acme.seats.users, SeatEvent.objects.count()) == ("active", 2, before)
        assert acts()[-1] == "invitation_accepted"

    def test_works_while_the_msp_is_suspended(self, client, cast, eva, link):
        type(cast.northwind.provider).objects.filter(pk=cast.northwind.pk).update(suspended_at=timezone.now())
        assert client.post(link).status_code == 200

    def over(self, client, link, *, whom="help@northwind.example"):
        """What every link that is over answers, to GET and POST; the words."""
        for answer in (client.get(link), client.post(link)):
            assert answer.status_code == 410
            shown = words_of(answer)
            assert OVER in shown
            assert (whom in shown) is bool(whom)
        return shown

    def test_is_done_once(self, client, eva, link):
        client.post(link)
        assert "It was accepted already" in self.over(client, link)

    def test_needs_a_link_of_ours(self, client, db):
        for token in ("x", "A" * 43, "%00" * 43):
            answer = client.get(f"/users/invitations/{token}/")
            assert answer.status_code == 410
            assert "@" not in words_of(answer)

    def test_asks_the_client_s_contact_first(self, client, acme, eva, link):
        type(acme.organization).objects.filter(pk=acme.pk).update(contact_name="Pat", contact_email="pat@acme.example")
        client.post(link)
        self.over(client, link, whom="pat@acme.example")

    def test_is_over_after_its_time_though_the_task_did_not_come(self, client, acme, eva, link):
        UserInvitation.objects.update(expires_at=timezone.now())
        self.over(client, link)
        assert staged(acme) == ["eva"]

    def test_is_over_when_the_user_was_removed_in_another_way(self, client, acme, eva, link):
        User.objects.filter(pk=eva.pk).delete()
        self.over(client, link)
        assert acme.seats.users == 1

    def test_is_over_when_the_user_is_active_or_suspended(self, client, cast, eva, link):
        eva.suspend(at=timezone.now())
        self.over(client, link)
        activate_user(user=eva, by=cast.northwind.owner, at=timezone.now())
        self.over(client, link)

    def test_is_over_for_a_former_address(self, as_tenant, acme, eva, link):
        as_tenant.post(reverse("organization-user", args=[acme.pk, eva.pk]), {**EVA, "email": "new@acme.example"})
        assert "Send a new one." in words_of(as_tenant.get(reverse("organization-users", args=[acme.pk])))
        self.over(as_tenant, link)
        assert "new@acme.example" in words_of(as_tenant.get(of(eva)))
        as_tenant.post(of(eva))
        assert as_tenant.post(mailed_link()).status_code == 200


class TestSendingAgain:
    def test_ends_the_former_link_and_begins_the_time_anew(self, as_tenant, client, eva, link):
        UserInvitation.objects.update(expires_at=timezone.now() + timedelta(hours=1))
        assert as_tenant.post(of(eva)).status_code == 303
        anew = mailed_link()
        assert UserInvitation.objects.get().expires_at > timezone.now() + timedelta(days=13)
        assert client.get(link).status_code == 410
        assert client.post(anew).status_code == 200
        assert acts() == ["added", "invited", "invited_again", "invitation_accepted"]

    def test_works_after_the_time_as_long_as_the_user_is_there(self, as_tenant, eva):
        UserInvitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
        as_tenant.post(of(eva))
        assert as_tenant.post(mailed_link()).status_code == 200

    def test_is_for_staged_users_made_without_one_too(self, as_tenant, acme):
        made = user(acme.organization, "by.api", state="staged")
        assert "Invite user" in words_of(as_tenant.get(of(made)))
        as_tenant.post(of(made))
        assert as_tenant.post(mailed_link()).status_code == 200
        made.refresh_from_db()
        assert made.state == "active"

    def test_to_who_is_active_is_refused(self, as_tenant, acme):
        refused = as_tenant.post(of(acme.user))
        assert refused.status_code == 422
        assert "This user is not staged any more" in words_of(refused)
        assert not UserInvitation.objects.exists()


class TestCancelling:
    def test_removes_the_staged_user_and_ends_the_link(self, as_tenant, acme, eva, link):
        assert "The link sent to eva@acme.example ends at once." in words_of(as_tenant.get(of(eva, "-cancellation")))
        assert as_tenant.post(of(eva, "-cancellation")).status_code == 303
        assert (staged(acme), acme.seats.users) == ([], 1)
        assert as_tenant.get(link).status_code == 410
        assert acts()[-1] == "invitation_cancelled"

    def test_after_the_acceptance_is_refused(self, as_tenant, acme, eva, link):
        as_tenant.post(link)
        refused = as_tenant.post(of(eva, "-cancellation"))
        assert refused.status_code == 422
        assert acme.seats.users == 2

    def test_of_who_was_never_invited_is_refused(self, as_tenant, acme):
        made = user(acme.organization, "by.api", state="staged")
        assert as_tenant.post(of(made, "-cancellation")).status_code == 422
        assert staged(acme) == ["by.api"]


class TestTheExpiry:
    def test_removes_the_staged_user_and_frees_the_seat_once(self, acme, eva):
        later = timezone.now() + LATER
        assert [expire_invitations(at=later), expire_invitations(at=later)] == [1, 0]
        assert (staged(acme), acme.seats.users) == ([], 1)
        assert acts()[-1] == "invitation_expired"
        line = SeatEvent.objects.order_by("id").last()
        assert (line.delta, line.subject_id, line.by) == (-1, eva.pk, "Expired invitation")
        assert RemovedUser.objects.get().pk == eva.pk

    def test_catches_up_with_all_that_it_slept_over(self, cast, acme, monkeypatch):
        monkeypatch.setattr("usage.actions.expiring_invitations.USER_INVITATIONS_EXPIRED_AT_ONCE", 2)
        acme.cap(None)
        for number in range(5):
            who = {**EVA, "user_name": f"u{number}"}
            at = timezone.now() - timedelta(days=60 - number)
            invite_user(organization=acme.organization, **who, by=cast.northwind.owner, at=at)
        quartz = cast.bluefin.clients[0]
        old = timezone.now() - timedelta(days=40)
        invite_user(organization=quartz.organization, **EVA, by=cast.bluefin.owner, at=old)
        assert expire_invitations(at=timezone.now()) == 6
        assert (acme.seats.users, quartz.seats.users) == (1, 1)

    def test_leaves_whoever_came_was_sent_a_new_one_or_was_never_invited(self, cast, acme, eva, link, client):
        acme.cap(None)
        user(acme.organization, "by.api", state="staged")
        again = invite_user(
            organization=acme.organization, **{**EVA, "user_name": "ben"}, by=cast.northwind.owner, at=timezone.now()
        )
        later = timezone.now() + LATER
        send_invitation(user=again, by=cast.northwind.owner, at=later)
        client.post(link)
        assert expire_invitations(at=later) == 0
        assert acme.seats.users == 4

    def test_goes_by_what_stands_once_the_users_are_locked(self, cast, acme, eva, monkeypatch):
        """As if Ben's had been renewed between the look and the lock, an instant too short for a race to meet."""
        acme.cap(None)
        later = timezone.now() + LATER
        ben = invite_user(organization=acme.organization, **{**EVA, "user_name": "ben"}, by=cast.northwind.owner, at=later)
        monkeypatch.setattr(
            "usage.actions.expiring_invitations._hold", lambda at: list(User.objects.filter(pk__in=[eva.pk, ben.pk]))
        )
        assert expire_invitations(at=later) == 1
        assert staged(acme) == ["ben"]

    def test_forgets_old_invitations_that_are_over_and_no_others(self, cast, eva, link, client):
        client.post(link)
        soon, late = timezone.now(), timezone.now() + bounds.USER_INVITATION_KEPT_FOR + timedelta(days=1)
        assert [forget_invitations(soon), forget_invitations(late), forget_invitations(late)] == [0, 1, 0]

    def test_keeps_those_that_wait(self, eva):
        assert forget_invitations(timezone.now() + timedelta(days=365)) == 0


class TestTheAction:
    def test_says_which_invitation_is_over(self, cast, eva, link):
        remove_user(user=eva, by=cast.northwind.owner, at=timezone.now())
        token = link.strip("/").split("/")[-1]
        with pytest.raises(UserInvitationIsOver) as refusal:
            accept_invitation(token=token, at=timezone.now())
        assert refusal.value.invitation.email == "eva@acme.example"
