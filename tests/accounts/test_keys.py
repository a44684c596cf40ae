"""API keys: their text, their check, generating, use."""

import random
import re
import string
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from accounts.actions.key_line import KeyReachesAll, KeyReplacedMeanwhile, RoleTooHigh
from accounts.actions.key_use import note_use
from accounts.actions.keys import end_former_key, generate_key
from accounts.models import ApiKey, ApiKeyUse, AuditEvent
from accounts.roles import Permission, Role
from msp_portal.lib import tenancy
from tests.cast import sign_in

NOW = timezone.now()
PAGE, SELF = "/account/key/", "/api/users/getSelf"


def generated(msp, **options):
    return generate_key(**{"provider": msp.provider, "by": msp.owner, "at": NOW, **options})


def refusal(key, at=NOW, address=None):
    return keys.check(key, at=at, address=address).refusal


@pytest.fixture
def northwind(cast):
    return cast.northwind


class TestAKeysText:
    def test_has_the_form_that_the_check_knows(self):
        key = keys.new_key()
        assert re.fullmatch(r"mspk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", key)
        assert keys.lookup_of(key) == key[5:17]

    def test_is_never_the_same_twice(self):
        assert len({keys.new_key() for _ in range(1000)}) == 1000

    def test_costs_no_query_when_it_is_junk(self, db):
        rng = random.Random(7)
        letters = string.ascii_letters + string.digits + "_- "
        junk = ["".join(rng.choices(letters, k=rng.randrange(90))) for _ in range(10_000)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert {refusal(text) for text in junk} == {"malformed"}
        assert len(asked) == 0

    def test_costs_no_query_when_one_character_is_wrong(self, db):
        key = keys.new_key()
        mutants = [key[:at] + letter + key[at + 1 :] for at in range(len(key)) for letter in keys.BASE62 if letter != key[at]]
        with CaptureQueriesContext(connection) as asked:
            assert {refusal(mutant) for mutant in mutants} == {"malformed"}
        assert len(asked) == 0


class TestTheCheck:
    def test_finds_a_good_key_with_one_statement(self, northwind):
        key, plain = generated(northwind)
        with CaptureQueriesContext(connection) as asked:
            checked = keys.check(plain, at=NOW)
        assert (checked.is_good, checked.key, len(asked)) == (True, key, 1)

    def test_refuses_another_secret_under_a_known_id(self, northwind):
        key, plain = generated(northwind)
        start = f"mspk_{key.lookup}_{keys.new_key()[18:61]}"
        assert refusal(start + keys._check_digits(start)) == "wrong"
        assert refusal(plain) == ""

    def test_refuses_an_unknown_id(self, northwind):
        assert refusal(keys.new_key()) == "unknown"

    def test_keeps_nothing_that_would_open_the_door(self, northwind):
        key, plain = generated(northwind)
        row = ApiKey.objects.filter(pk=key.pk).values().get()
        assert not [name for name, value in row.items() if plain[18:] in str(value)]
        assert len(bytes(key.mac)) == 32

    def test_follows_a_new_pepper_at_the_next_use(self, northwind, settings):
        key, plain = generated(northwind)
        settings.KEY_PEPPERS = {**settings.KEY_PEPPERS, 9: bytes(range(32))}
        note_use(key=keys.check(plain, at=NOW).key, presented=plain, client="curl", at=NOW)
        key.refresh_from_db()
        assert key.pepper == 9
        settings.KEY_PEPPERS = {9: bytes(range(32))}
        assert refusal(plain) == ""

    def test_refuses_every_key_of_a_pepper_that_is_gone(self, northwind, settings):
        _, plain = generated(northwind)
        settings.KEY_PEPPERS = {9: bytes(range(32))}
        assert refusal(plain) == "wrong"


class TestGenerating:
    def test_passes_on_how_often_the_former_key_might_ask(self, northwind):
        key, _ = generated(northwind)
        assert key.requests_per_minute == 300
        ApiKey.objects.filter(pk=key.pk).update(requests_per_minute=9000)
        assert generated(northwind)[0].requests_per_minute == 9000

    def test_ends_the_former_key_at_once(self, northwind):
        _, former = generated(northwind)
        _, new = generated(northwind)
        assert (refusal(former), refusal(new)) == ("revoked", "")

    def test_keeps_the_former_key_for_as_long_as_asked(self, northwind):
        _, former = generated(northwind)
        generated(northwind, keep_hours=24)
        assert refusal(former, NOW + timedelta(hours=23, minutes=59)) == ""
        assert refusal(former, NOW + timedelta(hours=24)) == "ended"

    def test_keeps_one_former_key_and_no_more(self, northwind):
        _, first = generated(northwind)
        _, second = generated(northwind, keep_hours=72)
        generated(northwind, keep_hours=1)
        assert (refusal(first), refusal(second)) == ("revoked", "")

    def test_lets_the_former_key_be_ended_early(self, northwind):
        _, former = generated(northwind)
        generated(northwind, keep_hours=72)
        end_former_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        assert refusal(former) == "revoked"

    def test_leaves_other_providers_keys_alone(self, cast):
        _, theirs = generated(cast.bluefin)
        generated(cast.northwind)
        assert refusal(theirs) == ""

    def test_refuses_a_form_that_saw_another_key(self, northwind):
        key, plain = generated(northwind, replaces="")
        with pytest.raises(KeyReplacedMeanwhile):
            generated(northwind, replaces="")
        generated(northwind, replaces=key.pk)
        assert refusal(plain) == "revoked"

    def test_gives_no_role_above_the_makers(self, northwind):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        with pytest.raises(RoleTooHigh):
            generated(northwind, by=junior, role=Role.ADMINISTRATOR_WITH_BILLING)
        assert generated(northwind, by=junior)[0].role == Role.ADMINISTRATOR

    def test_is_not_for_those_limited_to_some_organizations(self, northwind):
        with pytest.raises(KeyReachesAll):
            generated(northwind, by=northwind.limited)

    def test_leaves_one_live_key_that_works_however_many_generate_at_once(self, committed, cast, full):
        """And whoever asks with the key before it after one of them was answered is refused."""
        former = in_scope(cast.northwind)[1]
        for _ in range(200 if full else 10):
            made = committed.together([lambda former=former: (*in_scope(cast.northwind), refusal(former))] * 8)
            live = ApiKey.objects.filter(provider=cast.northwind.provider).primary().get()
            assert {late for *_, late in made} == {"revoked"}
            assert [key.pk for key, plain, _ in made if refusal(plain) == ""] == [live.pk]
            former = next(plain for key, plain, _ in made if key == live)

    def test_leaves_several_without_lock_and_index(self, committed, cast, monkeypatch):
        """The control: what the lock and the unique index are for."""
        committed.connect("owner", autocommit=True).execute("drop index one_live_primary_key_a_provider")
        from accounts.actions import keys as action

        monkeypatch.setattr(action.Provider.objects, "select_for_update", lambda **_: action.Provider.objects, raising=False)
        for _ in range(20):
            committed.together([lambda: in_scope(cast.northwind)] * 8)
            if ApiKey.objects.filter(provider=cast.northwind.provider).primary().count() > 1:
                return
        pytest.fail("the race did not show without the lock")


def in_scope(msp):
    with tenancy.scope(msp.pk):
        return generated(msp)


class TestThePage:
    def test_shows_the_key_once(self, northwind, client):
        sign_in(client, northwind.owner)
        answer = client.post(PAGE, {"replaces": "", "role": Role.ADMINISTRATOR_WITH_BILLING, "keep_hours": "0"})
        plain = re.search(r"mspk_\w{12}_\w{49}", answer.content.decode())[0]
        assert refusal(plain, timezone.now()) == ""
        assert "no-store" in answer["Cache-Control"]
        assert plain not in client.get(PAGE).content.decode()
        assert plain not in client.get("/account/").content.decode()
        assert plain not in str(dict(client.session))

    def test_tells_a_replayed_form_to_generate_again(self, northwind, client):
        sign_in(client, northwind.owner)
        form = {"replaces": "", "role": Role.ADMINISTRATOR_WITH_BILLING, "keep_hours": "0"}
        client.post(PAGE, form)
        answer = client.post(PAGE, form)
        assert answer.status_code == 422
        assert "nothing was generated now" in answer.content.decode()
        assert ApiKey.objects.count() == 1
        assert AuditEvent.objects.filter(action="refused.key_replaced").count() == 1

    def test_asks_for_the_password_when_the_sign_in_is_old(self, northwind, client):
        sign_in(client, northwind.owner, fresh=False)
        answer = client.post(PAGE, {"replaces": "", "role": Role.ADMINISTRATOR_WITH_BILLING, "keep_hours": "0"})
        assert (answer.status_code, ApiKey.objects.count()) == (302, 0)

    def test_lists_what_will_break(self, northwind, client):
        key, plain = generated(northwind)
        note_use(key=key, presented=plain, client="billing-sync/2.1", at=NOW)
        sign_in(client, northwind.owner)
        shown = client.get(PAGE).content.decode()
        assert "1 integration was seen using the present key" in shown
        assert "billing-sync/2.1" in shown

    def test_offers_no_role_above_ones_own(self, northwind, client):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        junior.api_access_at = NOW
        junior.save(update_fields=["api_access_at"])
        sign_in(client, junior)
        assert "Administrator With Billing</option>" not in client.get(PAGE).content.decode()


class TestTheApi:
    def test_answers_as_the_provider_itself(self, northwind, client):
        _, plain = generated(northwind)
        answer = client.get(f"{SELF}/", headers={"x-api-key": plain}).json()
        assert (answer["provider"], answer["roleName"], answer["organization"]) == (
            northwind.pk,
            "Administrator With Billing",
            None,
        )

    def test_answers_only_the_fields_asked_for(self, northwind, client):
        _, plain = generated(northwind)
        assert client.get(f"{SELF}?fields=provider", headers={"x-api-key": plain}).json() == {
            "id": northwind.pk,
            "_id": northwind.pk,
            "provider": northwind.pk,
        }

    @pytest.mark.parametrize("kind", ["none", "junk", "unknown", "revoked", "wrong"])
    def test_gives_one_answer_to_every_key_that_is_not_good(self, northwind, client, kind):
        _, former = generated(northwind)
        generated(northwind)
        start = f"{former[:18]}{keys.new_key()[18:61]}"
        shown = {
            "none": "",
            "junk": "hello",
            "unknown": keys.new_key(),
            "revoked": former,
            "wrong": start + keys._check_digits(start),
        }[kind]
        answer = client.get(SELF, headers={"x-api-key": shown})
        assert (answer.status_code, answer.json()) == (401, {"code": 401, "status": "Unauthorized", "message": "Unauthorized"})

    def test_raises_an_alert_when_a_revoked_key_is_used(self, northwind, client):
        former, plain = generated(northwind)
        live, _ = generated(northwind)
        client.get(SELF, headers={"x-api-key": plain, "User-Agent": "old-script/1"})
        alert = AuditEvent.objects.get(action="api_key.refused")
        assert (alert.actor_id, alert.outcome, alert.details) == (
            former.pk,
            "refused",
            {"reason": "revoked", "client": "old-script/1"},
        )
        live.refresh_from_db()
        assert (live.revoked_at, live.last_used_at) == (None, None)

    def test_notes_the_use_at_most_once_a_minute(self, northwind, client):
        key, plain = generated(northwind)
        for _ in range(3):
            client.get(SELF, headers={"x-api-key": plain, "User-Agent": "sync/1"})
        key.refresh_from_db()
        first = key.last_used_at
        assert (key.last_used_by, key.last_used_from) == ("sync/1", "127.0.0.1")
        note_use(key=key, presented=plain, client="sync/1", at=first + timedelta(seconds=59))
        key.refresh_from_db()
        assert key.last_used_at == first
        note_use(key=key, presented=plain, client="sync/1", at=first + timedelta(seconds=61))
        key.refresh_from_db()
        assert key.last_used_at == first + timedelta(seconds=61)
        assert ApiKeyUse.objects.count() == 1

    def test_opens_to_no_sign_in(self, northwind, client):
        sign_in(client, northwind.owner)
        assert client.get(SELF).status_code == 401

    def test_takes_no_other_method(self, northwind, client):
        _, plain = generated(northwind)
        assert client.post(SELF, headers={"x-api-key": plain}).status_code == 405

    def test_lets_no_key_manage_keys_or_payments(self, northwind):
        key, _ = generated(northwind)
        withheld = {permission for permission in Permission if not key.may(permission)}
        assert withheld == {Permission.MANAGE_KEY, Permission.EDIT_BILLING}

    def test_outlives_its_maker(self, northwind, client):
        _, plain = generated(northwind)
        northwind.owner.suspended_at = NOW
        type(northwind.owner).objects.filter(pk=northwind.by_role[Role.READ_ONLY].pk).update(role=Role.ADMINISTRATOR_WITH_BILLING)
        northwind.owner.save(update_fields=["suspended_at"])
        assert client.get(SELF, headers={"x-api-key": plain}).status_code == 200


class TestADump:
    def test_holds_no_usable_key(self, committed, cast):
        _, plain = in_scope(cast.northwind)
        owner = committed.connect("owner")
        tables = [row[0] for row in owner.execute("select tablename from pg_tables where schemaname = 'public'")]
        dumped = b"".join(copied(owner, table) for table in tables)
        assert cast.northwind.provider.name.encode() in dumped
        assert plain[18:].encode() not in dumped


def copied(connection, table):
    with connection.cursor().copy(f'copy "{table}" to stdout') as pieces:
        return b"".join(map(bytes, pieces))
