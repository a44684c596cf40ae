"""Tokens at rest, and the rotation of their keys."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import override_settings

from accounts.models import Provider
from billing import tokens
from billing.models import PaymentMethod
from msp_portal import env

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class TestAToken:
    def test_comes_back_from_what_says_nothing_of_it(self):
        sealed = tokens.seal("pm_1234")
        assert "pm_1234" not in sealed
        assert tokens.opened(sealed) == "pm_1234"

    def test_is_lost_without_its_key(self):
        with override_settings(TOKEN_KEYS=(OLD,)):
            sealed = tokens.seal("pm_1234")
        with override_settings(TOKEN_KEYS=(NEW,)), pytest.raises(tokens.TokenLost):
            tokens.opened(sealed)

    def test_is_found_by_a_digest_that_keeps_through_rotations(self):
        with override_settings(TOKEN_KEYS=(OLD,)):
            before = tokens.digest("pm_1234")
        with override_settings(TOKEN_KEYS=(NEW,)):
            assert tokens.digest("pm_1234") == before
        assert tokens.digest("pm_1235") != before


class TestTheRotation:
    @pytest.mark.django_db
    def test_lets_the_old_key_be_dropped(self, capsys):
        provider = Provider.objects.create(name="Northwind MSP")
        with override_settings(TOKEN_KEYS=(OLD,)):
            method = PaymentMethod.objects.create(provider=provider, kind="card", place=1, sealed_token=tokens.seal("pm_1234"))
        with override_settings(TOKEN_KEYS=(NEW, OLD)):
            call_command("rotate_token_keys")
        method.refresh_from_db()
        with override_settings(TOKEN_KEYS=(NEW,)):
            assert tokens.opened(method.sealed_token) == "pm_1234"
        assert "1 payment methods: sealed_token" in capsys.readouterr().out


class TestTheSetting:
    @pytest.mark.parametrize("written", ["abc", f"{OLD},"], ids=["no key", "a comma too many"])
    def test_is_refused_where_it_is_no_key(self, monkeypatch, written):
        monkeypatch.setenv("SOME_KEYS", written)
        with pytest.raises(ImproperlyConfigured, match="SOME_KEYS"):
            env.fernet_keys("SOME_KEYS", required=True)

    def test_may_be_absent_where_no_token_is_opened(self, monkeypatch):
        monkeypatch.delenv("SOME_KEYS", raising=False)
        assert env.fernet_keys("SOME_KEYS", required=False) == ()
        with pytest.raises(ImproperlyConfigured, match="SOME_KEYS"):
            env.fernet_keys("SOME_KEYS", required=True)
