"""The second factor: set up, asked for, and never let through twice by the same code."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connection

from accounts.actions import second_factor
from accounts.models import AuditEvent
from msp_portal.lib.models import OutboxMessage
from tests.cast import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def code_of(secret, steps=0):
    """What the app shows now, or `steps` half-minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


@pytest.fixture(autouse=True)
def early_in_a_half_minute():
    """A code counts for half a minute; one that ends in the middle of a test would fail it."""
    with time_machine.travel(int(time.time()) // 30 * 30 + 1):
        yield


@pytest.fixture
def owner(cast):
    return cast.northwind.owner


@pytest.fixture
def secret(client, owner):
    """The owner has a second factor, and nobody is signed in."""
    sign_in(client, owner)
    shown = client.get("/security/second-factor/").context["secret"]
    assert client.post("/security/second-factor/", {"code": code_of(shown, -1)})["Location"] == "/security/recovery-codes/"
    client.post("/sign-out/")
    return shown


def enter_password(client, owner):
    return client.post("/sign-in/", {"email": owner.email, "password": PASSWORD, "next": "/account/"})


def enter_code(client, code):
    return client.post("/sign-in/code/", {"code": code})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def events():
    return list(AuditEvent.objects.values_list("action", flat=True).order_by("id"))


class TestSettingUp:
    def test_needs_a_code_that_the_app_shows(self, client, owner):
        sign_in(client, owner)
        shown = client.get("/security/second-factor/").context["secret"]
        answer = client.post("/security/second-factor/", {"code": "000000"})
        assert answer.status_code == 422
        assert answer.context["secret"] == shown, "the picture scanned before must stay right"
        assert not second_factor.has_second_factor(owner.person)

    def test_is_told_to_the_person_and_to_the_place(self, client, owner, secret):
        assert "second_factor.set_up" in events()
        told = OutboxMessage.objects.get(payload__subject="A second factor was set up for your sign-in")
        assert told.payload["to"] == [owner.email]
        assert "127.0.0.1" in told.payload["text"]

    def test_stores_no_secret_that_a_dump_would_give_away(self, client, owner, secret):
        with connection.cursor() as cursor:
            cursor.execute("select string_agg(data::text, ' ') from mfa_authenticator")
            stored = cursor.fetchone()[0]
        assert secret not in stored
        assert not any(code in stored for code in second_factor.recovery_codes_of(owner.person))
        assert Authenticator.objects.get(type="totp").data["secret"].startswith("1:"), "with the number of its pepper"

    def test_gives_ten_recovery_codes(self, client, owner, secret):
        assert len(set(second_factor.recovery_codes_of(owner.person))) == 10


class TestSigningIn:
    def test_asks_for_the_code_before_it_opens_anything(self, client, owner, secret):
        assert enter_password(client, owner)["Location"] == "/sign-in/code/"
        assert not is_signed_in(client)
        assert client.get("/account/")["Location"].startswith("/sign-in/")

    def test_goes_on_to_the_page_asked_for(self, client, owner, secret):
        enter_password(client, owner)
        assert enter_code(client, code_of(secret))["Location"] == "/account/"
        assert is_signed_in(client)

    def test_refuses_a_wrong_code(self, client, owner, secret):
        enter_password(client, owner)
        assert enter_code(client, "000000").status_code == 422
        assert not is_signed_in(client)
        assert AuditEvent.objects.get(action="sign_in.failed").details["reason"] == "wrong_code"

    def test_takes_a_code_once_in_whichever_process(self, client, owner, secret):
        code = code_of(secret)
        enter_password(client, owner)
        enter_code(client, code)
        client.post("/sign-out/")
        cache.clear()  # allauth remembers used codes in the memory of one process only
        enter_password(client, owner)
        assert enter_code(client, code).status_code == 422
        assert not is_signed_in(client)

    def test_takes_the_code_of_the_set_up_no_more(self, client, owner, secret):
        cache.clear()
        enter_password(client, owner)
        assert enter_code(client, code_of(secret, -1)).status_code == 422

    def test_takes_a_recovery_code_once(self, client, owner, secret):
        code = second_factor.recovery_codes_of(owner.person)[3]
        enter_password(client, owner)
        enter_code(client, code)
        assert is_signed_in(client)
        assert code not in second_factor.recovery_codes_of(owner.person)
        client.post("/sign-out/")
        enter_password(client, owner)
        assert enter_code(client, code).status_code == 422

    def test_looks_at_five_codes_and_no_more(self, client, owner, secret):
        enter_password(client, owner)
        for guess in range(5):
            assert "code" in enter_code(client, f"00000{guess}").context["form"].errors
        answer = enter_code(client, code_of(secret))
        assert not is_signed_in(client)
        assert answer.context["form"].refusal.code == "too_many_tries"

    def test_has_no_second_step_without_the_first(self, client, owner, secret):
        assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
        assert enter_code(client, code_of(secret))["Location"] == "/sign-in/"

    def test_can_be_given_up_for_someone_else(self, client, owner, secret):
        enter_password(client, owner)
        client.post("/sign-out/")
        assert client.get("/sign-in/code/")["Location"] == "/sign-in/"


class TestLookingAfterIt:
    def test_removing_asks_first_and_is_told(self, client, owner, secret):
        sign_in(client, owner)
        assert "your password alone signs you in" in client.get("/security/second-factor/removal/").content.decode()
        client.post("/security/second-factor/removal/")
        assert not Authenticator.objects.exists()
        assert events()[-1] == "second_factor.removed"
        assert enter_password_anew(client, owner)["Location"] == "/account/"

    def test_new_recovery_codes_end_the_former(self, client, owner, secret):
        former = second_factor.recovery_codes_of(owner.person)
        sign_in(client, owner)
        client.post("/security/recovery-codes/")
        now = client.get("/security/recovery-codes/").context["codes"]
        assert len(now) == 10
        assert not set(now) & set(former)
        assert events()[-1] == "recovery_codes.renewed"

    def test_codes_are_shown_to_a_fresh_session_only_and_never_cached(self, client, owner, secret):
        sign_in(client, owner, fresh=False)
        assert client.get("/security/recovery-codes/")["Location"].startswith("/security/proof/")
        sign_in(client, owner)
        assert "no-store" in client.get("/security/recovery-codes/")["Cache-Control"]

    def test_there_is_nothing_to_see_without_one(self, client, owner):
        sign_in(client, owner)
        for path in ("/security/recovery-codes/", "/security/second-factor/removal/"):
            assert client.get(path)["Location"] == "/security/"
        assert client.post("/security/recovery-codes/")["Location"] == "/security/"
        assert not Authenticator.objects.exists()


def enter_password_anew(client, owner):
    client.post("/sign-out/")
    return enter_password(client, owner)
