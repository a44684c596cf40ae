"""Who gets into the operators' console: operators, with password and second factor, and not too many guesses."""

import time

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.urls import reverse
from django.utils import timezone

from accounts.bounds import SIGN_INS_OF_EMAIL
from accounts.models import AuditEvent, Operator
from msp_portal.lib.models import OutboxMessage
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

WRONG = "E-mail or password is not right. Check both and try again."


def sign_in(console, email, password=PASSWORD, **more):
    return console.post(reverse("admin:login"), {"username": email, "password": password, "next": "/", **more})


def said(answer):
    return answer.context["form"].non_field_errors()


def test_an_operator_gets_in_and_is_noted(console, operator):
    assert sign_in(console, operator.email).status_code == 302
    assert console.get("/").status_code == 200
    event = AuditEvent.objects.get(action="operator.signed_in")
    assert (event.actor_kind, event.actor_name, event.address) == ("operator", "Olive Operator", "127.0.0.1")


@pytest.mark.parametrize(
    ("who", "password"),
    [("owner", PASSWORD), ("operator", "wrong"), ("nobody", PASSWORD)],
    ids=["no operator", "wrong", "unknown"],
)
def test_everyone_else_reads_the_same_words(console, cast, operator, who, password):
    emails = {"owner": cast.northwind.owner.email, "operator": operator.email, "nobody": "nobody@portal.example"}
    answer = sign_in(console, emails[who], password)
    assert said(answer) == [WRONG]
    assert console.get("/").status_code == 302


def test_an_administrator_of_an_msp_signed_in_elsewhere_sees_nothing(console, cast):
    console.force_login(cast.northwind.owner.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    for name in ("index", "accounts_provider_changelist", "usage_user_add"):
        assert console.get(reverse(f"admin:{name}")).status_code == 302


def test_a_former_operator_is_out_at_the_next_request(as_operator, operator):
    assert as_operator.get("/").status_code == 200
    Operator.objects.all().delete()
    assert as_operator.get("/").status_code == 302


def test_a_suspended_operator_is_out_at_the_next_request(as_operator, operator):
    operator.suspended_at = timezone.now()
    operator.save(update_fields=["suspended_at"])
    assert as_operator.get("/").status_code == 302


def test_guesses_are_counted_before_the_password_is_looked_at(console, operator):
    for _ in range(SIGN_INS_OF_EMAIL.tries):
        assert said(sign_in(console, operator.email, "wrong")) == [WRONG]
    answer = sign_in(console, operator.email)
    assert "tried too often" in said(answer)[0]
    assert console.get("/").status_code == 302


class TestASecondFactor:
    @pytest.fixture
    def secret(self, operator):
        secret = generate_totp_secret()
        TOTP.activate(operator, secret)
        return secret

    def test_is_asked_for_where_it_was_set_up(self, console, operator, secret):
        answer = sign_in(console, operator.email)
        assert "That code is not right" in said(answer)[0]
        assert console.get("/").status_code == 302

    def test_lets_in_with_the_password(self, console, operator, secret):
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        assert sign_in(console, operator.email, code=code).status_code == 302
        assert console.get("/").status_code == 200


class TestTheOwnPassword:
    NEW = "nine green herons in June"

    def change(self, console, old):
        typed = {"old_password": old, "new_password1": self.NEW, "new_password2": self.NEW}
        return console.post(reverse("admin:password_change"), typed)

    def test_is_changed_told_by_mail_and_noted(self, console, operator):
        sign_in(console, operator.email)
        assert self.change(console, PASSWORD).status_code == 302
        assert console.get("/").status_code == 200, "this session goes on"
        operator.refresh_from_db()
        assert operator.check_password(self.NEW)
        assert AuditEvent.objects.get(action="operator.password_changed").actor_name == "Olive Operator"
        assert OutboxMessage.objects.get().payload["to"] == [operator.email]

    def test_stays_when_the_present_one_is_not_right(self, console, operator):
        sign_in(console, operator.email)
        answer = self.change(console, "wrong")
        assert answer.context["form"].errors["old_password"] == ["That is not your present password."]
        operator.refresh_from_db()
        assert operator.check_password(PASSWORD)


def test_the_probes_need_no_sign_in(console):
    assert console.get("/livez").status_code == 200
    assert console.get("/readyz").json()["database"] == "ok"


def test_the_portal_has_no_console(client, settings):
    settings.ROOT_URLCONF = "msp_portal.urls"
    assert client.get("/usage/user/").status_code == 404
