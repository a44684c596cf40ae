"""A new password: by knowing the present one, or by a link in a mail that tells nobody who has a sign-in."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Person
from msp_portal.lib.models import MailboxMessage, OutboxMessage
from msp_portal.lib.outbox import sweep
from tests.cast import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

NEW = "nine quiet herons at dawn"


@pytest.fixture(autouse=True)
def kept_in_the_mailbox(settings):
    """pytest-django puts a backend of its own in place."""
    settings.EMAIL_BACKEND = "msp_portal.lib.mailbox.MailboxBackend"


@pytest.fixture
def owner(cast):
    return cast.northwind.owner


def ask(client, email):
    return client.post("/sign-in/reset/", {"email": email})


def the_mail():
    """What the worker sent last, or None."""
    sweep(lambda: datetime.now(UTC))
    return MailboxMessage.objects.first()


def link_in(mail):
    return re.search(r"http://\S+(/sign-in/reset/\S+)", mail.text)[1]


def knows(person, password):
    return Person.objects.get(pk=person.pk).check_password(password)


class TestAskingForTheLink:
    def test_is_answered_alike_for_everybody(self, client, owner):
        known, unknown = ask(client, owner.email), ask(client, "nobody@elsewhere.example")
        assert known.status_code == unknown.status_code == 200
        assert without_tokens(known, owner.email) == without_tokens(unknown, "nobody@elsewhere.example")

    def test_looks_nobody_up_in_the_request(self, client, owner, django_assert_num_queries):
        for email in (owner.email, "nobody@elsewhere.example"):
            with django_assert_num_queries(3) as statements:  # two counts and the outbox
                ask(client, email)
            assert not any("accounts_person" in query["sql"] for query in statements.captured_queries)

    def test_mails_the_person_only(self, client, owner):
        ask(client, "nobody@elsewhere.example")
        assert the_mail() is None
        ask(client, owner.email.upper())
        mail = the_mail()
        assert (mail.recipients, mail.subject) == (owner.email, "Choose a new password")

    def test_mails_nobody_who_is_suspended(self, client, owner):
        Person.objects.filter(pk=owner.person_id).update(suspended_at=timezone.now())
        ask(client, owner.email)
        assert the_mail() is None

    def test_leaves_no_link_in_the_database(self, client, owner):
        ask(client, owner.email)
        assert OutboxMessage.objects.get().payload == {"email": owner.email}
        the_mail()
        assert OutboxMessage.objects.get().payload == {}

    def test_is_counted_and_said_alike(self, client, owner):
        for email in (owner.email, "nobody@elsewhere.example"):
            for _ in range(3):
                assert ask(client, email).status_code == 200
            refused = ask(client, email)
            assert (refused.status_code, refused.context["form"].refusal.code) == (422, "too_many_tries")
        assert OutboxMessage.objects.count() == 6


class TestTheLink:
    @pytest.fixture
    def link(self, client, owner):
        ask(client, owner.email)
        return link_in(the_mail())

    def test_lets_choose_a_password_and_sign_in_with_it(self, client, owner, link):
        assert client.get(link)["Location"] == "/sign-in/new-password/"
        answer = client.post("/sign-in/new-password/", {"new_password": NEW})
        assert answer["Location"] == "/sign-in/"
        assert knows(owner.person, NEW)
        assert client.post("/sign-in/", {"email": owner.email, "password": NEW}).status_code == 302
        assert AuditEvent.objects.filter(action="password.reset", provider=owner.provider_id).count() == 1

    def test_signs_nobody_in(self, client, owner, link):
        client.get(link)
        client.post("/sign-in/new-password/", {"new_password": NEW})
        assert "_auth_user_id" not in client.session

    def test_works_once(self, client, owner, link):
        client.get(link)
        client.post("/sign-in/new-password/", {"new_password": NEW})
        client.get(link)
        answer = client.post("/sign-in/new-password/", {"new_password": "another one that is long"})
        assert answer.status_code == 410
        assert knows(owner.person, NEW)

    def test_works_for_one_hour(self, client, owner, link, monkeypatch, settings):
        monkeypatch.setattr(default_token_generator, "_now", lambda: datetime.now() + one_second_more_than(settings))  # noqa: DTZ005
        client.get(link)
        assert client.get("/sign-in/new-password/").status_code == 410

    def test_of_someone_else_does_not_fit(self, client, cast, owner, link):
        token = link.rstrip("/").rpartition("/")[2]
        client.get(f"/sign-in/reset/{cast.bluefin.owner.person_id}/{token}/")
        assert client.post("/sign-in/new-password/", {"new_password": NEW}).status_code == 410
        assert not knows(cast.bluefin.owner.person, NEW)

    def test_is_not_in_the_address_of_the_form(self, client, link):
        token = link.rstrip("/").rpartition("/")[2]
        page = client.get(link, follow=True)
        assert token not in page.request["PATH_INFO"]
        assert token not in page.content.decode()

    def test_is_over_once_the_person_signs_in(self, client, owner, link, other_browser):
        sign_in(other_browser, owner)
        assert client.get(link, follow=True).status_code == 410

    def test_ends_all_sessions_of_the_person(self, client, owner, other_browser):
        sign_in(other_browser, owner)
        ask(client, owner.email)
        client.get(link_in(the_mail()))
        client.post("/sign-in/new-password/", {"new_password": NEW})
        assert other_browser.get("/account/")["Location"].startswith("/sign-in/")

    def test_forgives_the_tries_before(self, client, owner, link):
        for _ in range(6):
            client.post("/sign-in/", {"email": owner.email, "password": "forgotten"})
        client.get(link)
        client.post("/sign-in/new-password/", {"new_password": NEW})
        assert client.post("/sign-in/", {"email": owner.email, "password": NEW}).status_code == 302


class TestChangingIt:
    def test_needs_the_present_one(self, client, owner):
        sign_in(client, owner)
        answer = client.post("/security/", {"current_password": "wrong", "new_password": NEW})
        assert answer.context["form"].errors["current_password"] == ["That is not your present password."]
        assert knows(owner.person, PASSWORD)

    @pytest.mark.parametrize("weak", ["short", "1q2w3e4r5t6y", "northwind1234"])
    def test_refuses_a_weak_one(self, client, owner, weak):
        sign_in(client, owner)
        answer = client.post("/security/", {"current_password": PASSWORD, "new_password": weak})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["new_password"])
        assert knows(owner.person, PASSWORD)

    def test_keeps_this_session_under_a_new_id_and_ends_the_others(self, client, owner, other_browser):
        sign_in(other_browser, owner)
        sign_in(client, owner)
        former = client.session.session_key
        assert client.post("/security/", {"current_password": PASSWORD, "new_password": NEW})["Location"] == "/security/"
        assert client.session.session_key != former
        assert client.get("/account/").status_code == 200
        assert other_browser.get("/account/")["Location"].startswith("/sign-in/")

    def test_is_told_to_the_person_and_to_the_place(self, client, owner):
        sign_in(client, owner)
        client.post("/security/", {"current_password": PASSWORD, "new_password": NEW})
        assert the_mail().subject == "The password of your sign-in was changed"
        assert AuditEvent.objects.get(action="password.changed").actor_id == owner.pk

    def test_counts_wrong_tries_like_a_sign_in(self, client, owner):
        sign_in(client, owner)
        for _ in range(5):
            client.post("/security/", {"current_password": "wrong", "new_password": NEW})
        answer = client.post("/security/", {"current_password": PASSWORD, "new_password": NEW})
        assert answer.context["form"].refusal.code == "too_many_tries"
        assert knows(owner.person, PASSWORD)


@pytest.fixture
def other_browser():
    return Client()


def one_second_more_than(settings):
    return timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 1)


def without_tokens(answer, email):
    page = re.sub(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")\w+', r"\1", answer.content.decode())
    return page.replace(email, "…")
