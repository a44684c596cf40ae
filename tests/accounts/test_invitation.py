"""Invitations: by a link in a mail, accepted with a new sign-in or with the one the address has already."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail, signing
from django.utils import timezone

from accounts.actions import invitation
from accounts.models import Administrator, AuditEvent, Person
from accounts.roles import Role
from msp_portal.lib import tenancy
from msp_portal.lib.outbox import sweep
from tests.cast import PASSWORD, give_access, sign_in

pytestmark = pytest.mark.django_db

NEW = {"first_name": "Nia", "last_name": "Novakovicova", "new_password": "nine quiet herons at dawn"}


@pytest.fixture
def northwind(cast):
    return cast.northwind.provider


def invite(provider, email="nia@northwind.example", role=Role.READ_ONLY, organization=None, at=None):
    """Invite as the page of administrators does; the new administrator."""
    with tenancy.scope(provider.pk):
        made = Administrator.objects.create(
            provider=provider, organization=organization, email=email, first_name="Nia", last_name="N.", role=role
        )
        if organization:
            give_access(made, organization)
        invitation.send(made, at=at or timezone.now())
    return made


def the_link():
    sweep(lambda: datetime.now(UTC))
    return re.search(r"http://\S+(/invitations/\S+)", mail.outbox[-1].body)[1]


def joined(administrator):
    administrator.refresh_from_db()
    return administrator.joined_at is not None


class TestTheMail:
    def test_says_who_invites_to_what_and_until_when(self, northwind):
        invite(northwind, at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
        sweep(lambda: datetime.now(UTC))
        sent = mail.outbox[0]
        assert (sent.to, sent.subject) == (["nia@northwind.example"], "Northwind MSP invites you to the Provider Portal")
        assert "Northwind MSP has made you Read Only of Northwind MSP" in sent.body
        assert "9 Mar 2026, 09:30 UTC" in sent.body

    def test_names_the_client_that_it_is_for(self, cast, northwind):
        invite(northwind, role=Role.ORGANIZATION_ADMINISTRATOR, organization=cast.northwind.clients[0].organization)
        sweep(lambda: datetime.now(UTC))
        assert "Organization Administrator of Acme Dental" in mail.outbox[0].body

    def test_is_the_same_for_an_address_that_has_a_sign_in(self, cast, northwind):
        invite(northwind, "nobody@elsewhere.example")
        invite(northwind, cast.bluefin.owner.email)
        sweep(lambda: datetime.now(UTC))
        unknown, known = (re.sub(r"/invitations/\S+", "…", sent.body) for sent in mail.outbox)
        assert unknown == known


class TestSomeoneNew:
    def test_chooses_a_password_and_is_in(self, client, northwind):
        administrator = invite(northwind)
        answer = client.post(the_link(), NEW)
        assert answer["Location"] == "/"
        assert joined(administrator)
        assert administrator.person.check_password(NEW["new_password"])
        assert client.get("/account/").context["me"]["provider_name"] == "Northwind MSP"

    def test_gets_a_sign_in_that_works_the_next_time(self, client, northwind):
        invite(northwind, "Nia@Northwind.example")
        client.post(the_link(), NEW)
        client.post("/sign-out/")
        client.post("/sign-in/", {"email": "nia@northwind.example", "password": NEW["new_password"]})
        assert client.get("/")["Location"] == "/account/"

    def test_becomes_administrator_of_the_client_only(self, client, cast, northwind):
        acme = cast.northwind.clients[0].organization
        invite(northwind, role=Role.ORGANIZATION_ADMINISTRATOR, organization=acme)
        client.post(the_link(), NEW)
        assert client.get("/")["Location"] == f"/organizations/{acme.pk}/users/"
        assert client.get(f"/organizations/{cast.northwind.clients[1].pk}/users/").status_code == 404

    def test_reads_what_it_is_before_accepting(self, client, northwind):
        administrator = invite(northwind)
        page = client.get(the_link()).content.decode()
        assert "Northwind MSP" in page
        assert "Read Only" in page
        assert 'value="Nia"' in page
        assert not joined(administrator)

    def test_cannot_choose_a_weak_password(self, client, northwind):
        administrator, link = invite(northwind), the_link()
        for weak in ("short", "nia@northwind.example", "novakovicova1"):
            answer = client.post(link, {**NEW, "new_password": weak})
            assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["new_password"])
        assert not joined(administrator)
        assert not Person.objects.filter(email="nia@northwind.example").exists()

    def test_is_seen_in_the_audit_log(self, client, northwind):
        administrator = invite(northwind)
        client.post(the_link(), NEW)
        seen = AuditEvent.objects.get(action="administrator.joined")
        assert (seen.provider_id, seen.actor_id, seen.target_id) == (northwind.pk, administrator.pk, administrator.pk)


class TestSomeoneWithASignIn:
    @pytest.fixture
    def known(self, cast):
        return cast.bluefin.owner

    def test_is_asked_to_sign_in_with_it_and_comes_back(self, client, northwind, known):
        invite(northwind, known.email)
        link = the_link()
        page = client.get(link)
        assert "accounts/invitation_sign_in.html" in [template.name for template in page.templates]
        answer = client.post("/sign-in/", {"email": known.email, "password": PASSWORD, "next": link})
        assert answer["Location"] == link

    def test_accepts_and_works_there_at_once(self, client, northwind, known):
        administrator = invite(northwind, known.email.upper())
        sign_in(client, known)
        assert client.post(the_link())["Location"] == "/"
        assert joined(administrator)
        assert administrator.person_id == known.person_id
        assert client.get("/account/").context["me"]["provider_name"] == "Northwind MSP"

    def test_accepts_by_no_mere_look(self, client, northwind, known):
        administrator = invite(northwind, known.email)
        sign_in(client, known)
        assert client.get(the_link()).status_code == 200
        assert not joined(administrator)

    def test_gets_no_new_password_by_the_link(self, client, northwind, known):
        administrator = invite(northwind, known.email)
        client.post(the_link(), NEW)
        assert Person.objects.get(pk=known.person_id).check_password(PASSWORD)
        assert not joined(administrator)

    def test_does_not_accept_for_another_address(self, client, cast, northwind, known):
        administrator = invite(northwind)
        sign_in(client, known)
        answer = client.post(the_link())
        assert answer.status_code == 409
        assert "nia@northwind.example" in answer.content.decode()
        assert not joined(administrator)

    def test_made_meanwhile_is_said_and_not_overwritten(self, client, northwind, known, monkeypatch):
        invite(northwind, known.email)
        monkeypatch.setattr("accounts.views.invitation.has_sign_in", lambda found: False)
        answer = client.post(the_link(), NEW)
        assert answer.context["form"].refusal.code == "has_sign_in"
        assert Person.objects.get(pk=known.person_id).check_password(PASSWORD)


class TestALinkThatIsOver:
    def is_over(self, client, link):
        for answer in (client.get(link), client.post(link, NEW)):
            assert answer.status_code == 410
        return not Person.objects.filter(email="nia@northwind.example").exists()

    def test_because_seven_days_passed(self, client, northwind, monkeypatch):
        invite(northwind)
        link = the_link()
        later = timezone.now() + timedelta(days=7, seconds=2)
        monkeypatch.setattr(signing.time, "time", later.timestamp)
        assert self.is_over(client, link)

    def test_because_it_was_withdrawn(self, client, northwind):
        administrator = invite(northwind)
        link = the_link()
        administrator.delete()
        assert self.is_over(client, link)

    def test_because_the_administrator_was_suspended(self, client, northwind):
        administrator = invite(northwind)
        link = the_link()
        administrator.suspend(at=timezone.now())
        assert self.is_over(client, link)

    def test_because_a_later_one_was_sent(self, client, northwind):
        administrator = invite(northwind)
        link = the_link()
        with tenancy.scope(northwind.pk):
            invitation.send(administrator, at=timezone.now())
        assert self.is_over(client, link)
        assert client.post(the_link(), NEW).status_code == 302

    def test_because_it_was_used(self, client, northwind):
        administrator = invite(northwind)
        link = the_link()
        client.post(link, NEW)
        client.post("/sign-out/")
        assert client.post(link, {**NEW, "new_password": "another one that is long"}).status_code == 410
        assert joined(administrator)
        assert administrator.person.check_password(NEW["new_password"])

    @pytest.mark.parametrize("token", ["x", "W10:1abc:def", "..", "eyJ9:1:2"])
    def test_because_it_never_was_ours(self, client, db, token):
        assert client.get(f"/invitations/{token}/").status_code == 410

    def test_because_its_signature_is_of_another_purpose(self, client, northwind):
        administrator = invite(northwind)
        forged = signing.dumps([northwind.pk, administrator.pk, administrator.invited_at.isoformat()], salt="something else")
        assert self.is_over(client, f"/invitations/{forged}/")


class TestTwoAtOnce:
    def test_accept_once(self, committed, cast):
        administrator = invite(cast.northwind.provider)
        found = invitation.invitation_of(invitation.token_of(administrator))
        people = [cast.bluefin.owner.person, cast.bluefin.limited.person]

        def accept(person):
            return invitation.accept(person=person, invitation=found, at=timezone.now())

        outcomes = committed.together([lambda person=person: accept(person) for person in people])
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Administrator", "InvitationIsOver"]
        assert joined(administrator)
