"""A key that is presented and not good: an alert that people see, and no harm to the one that works."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import audit, keys
from accounts.actions import key_use
from accounts.actions.key_line import revoke_key
from accounts.actions.key_use import note_refused
from accounts.actions.keys import generate_key
from accounts.actions.named_keys import create_named_key, renew_key
from accounts.key_words import ALARMING, REFUSED_BECAUSE
from accounts.models import ApiKey, AuditEvent
from accounts.roles import Role
from msp_portal.lib import tenancy
from msp_portal.lib.models import OutboxMessage
from tests.cast import sign_in

NOW = timezone.now()
SELF = "/api/users/getSelf"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLIENT, ADDRESS = "old-script/1 <x>", "198.51.100.9"


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture(autouse=True)
def nothing_noted_yet(monkeypatch):
    """The memory of this process, which spares statements, starts empty; and requests come from somewhere."""
    monkeypatch.setattr(key_use, "_noted", {})
    token = audit.address.set(ADDRESS)
    yield
    audit.address.reset(token)


def made(msp, name="PSA sync", **terms):
    terms = {"role": Role.READ_ONLY, "expires_at": None, "networks": None, **terms}
    return create_named_key(provider=msp.provider, name=name, by=msp.owner, at=NOW, **terms)


def tried(plain, at=NOW, client=CLIENT):
    """Present a key from an address that no key is bound to, as the API's door does; why it was refused."""
    checked = keys.check(plain, at=at, address=ADDRESS)
    note_refused(checked=checked, client=client, at=at)
    return checked.refusal


def mails():
    return [message.payload for message in OutboxMessage.objects.filter(kind="mail").order_by("id")]


def revoked(msp):
    key, plain = made(msp)
    revoke_key(key=key, by=msp.owner, at=NOW)
    return plain, NOW


def expired(msp):
    return made(msp, expires_at=NOW + HOUR)[1], NOW + HOUR


def replaced(msp):
    key, plain = made(msp)
    renew_key(key=key, keep_hours=1, expires_at=None, networks=None, by=msp.owner, at=NOW)
    return plain, NOW + HOUR


def elsewhere(msp):
    return made(msp, networks=["192.0.2.0/24"])[1], NOW


WAYS = {"revoked": revoked, "expired": expired, "ended": replaced, "address": elsewhere}


class TestTheMail:
    @pytest.mark.parametrize("reason", WAYS)
    def test_says_which_key_why_by_whom_from_where_and_what_to_do(self, northwind, reason):
        plain, at = WAYS[reason](northwind)
        assert tried(plain, at) == reason
        [mail] = mails()
        assert mail["to"] == [northwind.owner.email]
        assert mail["subject"] == "API key “PSA sync” was tried and refused"
        named = [f"PSA sync ({plain[:9]}…)", str(REFUSED_BECAUSE[reason]), ADDRESS, "/account/keys/", "If you know the client"]
        for words in named:
            assert words in mail["text"]
        assert CLIENT in mail["text"]
        assert "old-script/1 &lt;x&gt;" in mail["html"]
        assert ("renew it now" in mail["text"]) == (reason == "address")
        assert plain[9:] not in str(mail)

    def test_is_written_for_every_reason_that_alarms(self):
        assert set(WAYS) == ALARMING

    def test_is_written_once_a_key_and_day(self, northwind):
        plain, _ = revoked(northwind)
        _, other = made(northwind, "Other", networks=["192.0.2.0/24"])
        for at in (NOW, NOW + HOUR, NOW + 23 * HOUR):
            tried(plain, at)
        assert len(mails()) == 1
        tried(other)
        assert len(mails()) == 2
        tried(plain, NOW + DAY)
        assert len(mails()) == 3
        assert AuditEvent.objects.filter(action="api_key.refused").count() == 5

    def test_is_written_once_when_many_use_the_key_at_the_same_instant(self, committed, cast, monkeypatch):
        monkeypatch.setattr(key_use, "_is_due", lambda key, client, at: True)  # as if each were another process
        with tenancy.scope(cast.northwind.pk):
            plain, _ = revoked(cast.northwind)
        assert committed.together([lambda: tried(plain)] * 8) == ["revoked"] * 8
        assert len(mails()) == 1

    def test_is_not_written_when_someone_guesses(self, northwind):
        key, _ = made(northwind)
        start = f"mspk_{key.lookup}_{keys.new_key()[18:61]}"
        assert tried(start + keys._check_digits(start)) == "wrong"
        assert tried(keys.new_key()) == "unknown"
        assert tried("junk") == "malformed"
        assert mails() == []

    def test_is_not_written_for_a_good_key(self, northwind, client):
        _, plain = made(northwind)
        assert client.get(SELF, headers={"x-api-key": plain}).status_code == 200
        assert mails() == []

    def test_follows_a_call_at_the_apis_door(self, northwind, client):
        plain, _ = revoked(northwind)
        assert client.get(SELF, headers={"x-api-key": plain, "User-Agent": "old-script/1"}).status_code == 401
        assert "old-script/1" in mails()[0]["text"]
        assert "127.0.0.1" in mails()[0]["text"]

    def test_says_that_it_knows_neither_client_nor_address(self, northwind):
        audit.address.set(None)
        plain, _ = revoked(northwind)
        tried(plain, client="")
        assert "Client: unnamed\nAddress: unknown" in mails()[0]["text"]


class TestTheLiveKey:
    def test_is_never_touched(self, northwind):
        former, plain = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        live, _ = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        before = ApiKey.objects.filter(pk=live.pk).values().get()
        assert tried(plain) == "revoked"
        assert ApiKey.objects.filter(pk=live.pk).values().get() == before
        former.refresh_from_db()
        assert (former.alerted_at, former.last_used_at) == (NOW, None)

    def test_goes_on_working_after_it_was_tried_from_elsewhere(self, northwind):
        _, plain = made(northwind, networks=["192.0.2.0/24"])
        tried(plain)
        assert keys.check(plain, at=NOW, address="192.0.2.1").is_good


class TestThePages:
    @pytest.mark.parametrize("page", ["/account/", "/account/keys/"])
    @pytest.mark.parametrize("reason", WAYS)
    def test_say_what_was_refused_and_why(self, northwind, client, page, reason):
        plain, at = WAYS[reason](northwind)
        tried(plain, at)
        shown = sign_in(client, northwind.owner).get(page).content.decode()
        assert "was tried and refused" in shown
        assert f"by old-script/1 &lt;x&gt; from {ADDRESS}. {REFUSED_BECAUSE[reason]}" in shown
