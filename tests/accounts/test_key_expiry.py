"""Notices of keys that expire before long: by mail, each once; and on the pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import key_emails
from accounts.actions.key_expiry import tell_of_expiry
from accounts.actions.key_line import revoke_key
from accounts.actions.named_keys import create_named_key, renew_key
from accounts.models import ApiKeyUse
from accounts.roles import Role
from msp_portal.lib import tenancy
from msp_portal.lib.models import OutboxMessage
from tests.cast import sign_in

END = datetime(2031, 3, 17, 16, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def northwind(cast):
    return cast.northwind


def made(msp, name="PSA sync", *, life=90 * DAY, end=END):
    terms = {"role": Role.READ_ONLY, "expires_at": end, "networks": None}
    return create_named_key(provider=msp.provider, name=name, by=msp.owner, at=end - life, **terms)[0]


def mails():
    return [message.payload for message in OutboxMessage.objects.filter(kind="mail").order_by("id")]


def subjects_at(*instants):
    """The subject of what each run wrote; None for a run that wrote nothing."""
    found = []
    for at in instants:
        before = len(mails())
        told = tell_of_expiry(at=at)
        new = mails()[before:]
        assert told == len(new)
        found.append(new[0]["subject"] if new else None)
    return found


def in_days(number):
    return f"API key “PSA sync” expires in {number} day{'s' if number > 1 else ''}"


class TestTheMails:
    def test_are_written_30_and_7_days_and_1_day_before(self, northwind):
        made(northwind)
        instants = [END - 31 * DAY, END - 30 * DAY, END - 8 * DAY, END - 7 * DAY, END - 25 * HOUR, END - DAY, END - HOUR, END]
        assert subjects_at(*instants) == [None, in_days(30), None, in_days(7), None, in_days(1), None, None]

    def test_are_written_once_however_often_the_job_runs(self, northwind):
        made(northwind)
        assert subjects_at(*[END - 7 * DAY] * 3) == [in_days(7), None, None]

    def test_of_a_late_run_are_the_nearest_alone(self, northwind):
        made(northwind)
        assert subjects_at(END - HOUR, END - HOUR) == [in_days(1), None]

    def test_never_go_back_when_a_clock_does(self, northwind):
        made(northwind)
        assert subjects_at(END - DAY, END - 7 * DAY) == [in_days(1), None]

    def test_of_a_short_lived_key_are_those_that_lay_ahead(self, northwind):
        made(northwind, life=5 * DAY)
        assert subjects_at(END - 5 * DAY, END - 2 * DAY, END - DAY) == [None, None, in_days(1)]

    def test_of_a_key_for_thirty_days_do_not_begin_with_its_making(self, northwind):
        made(northwind, life=30 * DAY)
        assert subjects_at(END - 30 * DAY, END - 29 * DAY, END - 7 * DAY) == [None, None, in_days(7)]

    def test_are_not_written_of_a_key_that_was_revoked_or_renewed_or_has_no_end(self, northwind):
        key = made(northwind)
        revoke_key(key=key, by=northwind.owner, at=END - 60 * DAY)
        key = made(northwind, "Other")
        terms = {"keep_hours": 72, "expires_at": None, "networks": None, "by": northwind.owner, "at": END - 8 * DAY}
        renew_key(key=key, **terms)
        assert subjects_at(END - 7 * DAY) == [None]
        made(northwind)
        assert subjects_at(END - 7 * DAY) == [in_days(7)]

    def test_are_written_once_by_beats_at_the_same_instant(self, committed, cast):
        with tenancy.scope(cast.northwind.pk):
            made(cast.northwind)
        told = committed.together([lambda: tell_of_expiry(at=END - 7 * DAY)] * 6)
        assert sorted(told) == [0, 0, 0, 0, 0, 1]
        assert len(mails()) == 1

    def test_are_not_noted_as_written_when_they_could_not_be(self, northwind, monkeypatch):
        key = made(northwind)
        with monkeypatch.context() as broken:
            broken.setattr(key_emails, "key_expires", fail)
            with pytest.raises(OSError, match="no template"):
                tell_of_expiry(at=END - 7 * DAY)
        key.refresh_from_db()
        assert key.expiry_told_days is None
        assert subjects_at(END - 7 * DAY) == [in_days(7)]

    def test_reach_those_who_may_renew_the_key(self, northwind):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        junior.api_access_at = timezone.now()
        junior.save(update_fields=["api_access_at"])
        made(northwind)
        tell_of_expiry(at=END - 7 * DAY)
        assert {address for mail in mails() for address in mail["to"]} == {northwind.owner.email, junior.email}
        assert set(OutboxMessage.objects.values_list("provider_id", flat=True)) == {northwind.pk}

    def test_pass_over_those_limited_to_some_organizations(self, northwind):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        junior.api_access_at = junior.limited_at = timezone.now()
        junior.save(update_fields=["api_access_at", "limited_at"])
        made(northwind)
        tell_of_expiry(at=END - 7 * DAY)
        assert [mail["to"] for mail in mails()] == [[northwind.owner.email]]

    def test_tell_the_key_its_end_in_the_providers_zone_its_clients_and_where_to_renew_it(self, northwind):
        type(northwind.provider).objects.filter(pk=northwind.pk).update(time_zone="America/Denver")
        key = made(northwind)
        seen = {"client": "psa-sync/2.1 <x>", "first_used_at": END - 9 * DAY, "last_used_at": END - 9 * DAY}
        ApiKeyUse.objects.create(provider=northwind.provider, api_key=key, **seen)
        tell_of_expiry(at=END - 7 * DAY)
        [mail] = mails()
        for words in (northwind.owner.name, str(key), "17 Mar 2031, 10:00 MDT", f"/account/keys/{key.pk}/renewal/"):
            assert words in mail["text"]
            assert words in mail["html"]
        assert "psa-sync/2.1 <x>" in mail["text"]
        assert "psa-sync/2.1 &lt;x&gt;" in mail["html"]
        assert key.lookup not in str(mail)

    def test_say_when_nobody_was_seen_using_it(self, northwind):
        made(northwind)
        tell_of_expiry(at=END - 7 * DAY)
        assert "Nobody was seen using it" in mails()[0]["text"]


class TestThePages:
    @pytest.fixture
    def owner(self, northwind, client):
        return sign_in(client, northwind.owner)

    @pytest.mark.parametrize("page", ["/account/", "/account/keys/"])
    @pytest.mark.parametrize(
        ("hours", "words"), [(7 * 24 - 1, "expires in 7 days"), (23, "expires in 1 day,"), (29 * 24, "expires in 29 days")]
    )
    def test_say_in_how_many_days_and_offer_the_renewal(self, owner, northwind, page, hours, words):
        key = made(northwind, end=timezone.now() + hours * HOUR)
        shown = owner.get(page).content.decode()
        assert f"{key} {words}" in shown
        assert f'href="/account/keys/{key.pk}/renewal/"' in shown

    @pytest.mark.parametrize("life", [90 * DAY, 20 * DAY])
    def test_say_nothing_while_it_is_far_or_was_so_near_from_the_beginning(self, owner, northwind, life):
        made(northwind, life=life, end=timezone.now() + min(life, 31 * DAY) - HOUR)
        assert "expires in" not in owner.get("/account/").content.decode()

    def test_count_the_keys_that_work(self, owner, northwind):
        for number in range(3):
            made(northwind, f"Key {number}")
        made(northwind, "Over", end=timezone.now() - HOUR)
        shown = owner.get("/account/").content.decode()
        assert 'href="/account/keys/"' in shown
        assert "3 keys work" in shown


def fail(key, *, at):
    raise OSError("no template")
