"""Named keys: made, used from where they may, renewed, revoked; and the list of all keys."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from accounts.actions.key_line import KeyReachesAll, RoleTooHigh, revoke_key
from accounts.actions.key_use import note_use
from accounts.actions.keys import generate_key
from accounts.actions.named_keys import KeyIsOver, KeyNameTaken, TooManyKeys, create_named_key, renew_key
from accounts.bounds import KEYS_NAMED_MAX
from accounts.forms.named_keys import NamedKeyForm
from accounts.models import Administrator, ApiKey, ApiKeyUse, AuditEvent
from accounts.roles import Permission, Role
from msp_portal.lib import tenancy
from tests.cast import sign_in

NOW = timezone.now()
LIST, NEW, SELF = "/account/keys/", "/account/keys/new/", "/api/users/getSelf"
FORM = {"name": "PSA sync", "role": Role.READ_ONLY.value, "lifetime": "90", "last_day": "", "networks": ""}
RENEWAL = {"keep_hours": "0", "lifetime": "365", "last_day": "", "networks": ""}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(northwind, client):
    return sign_in(client, northwind.owner)


def made(msp, name="PSA sync", **options):
    terms = {"role": Role.READ_ONLY, "expires_at": None, "networks": None, "by": msp.owner, "at": NOW}
    return create_named_key(provider=msp.provider, name=name, **{**terms, **options})


def renewed(key, by, **options):
    return renew_key(key=key, **{"keep_hours": 0, "expires_at": None, "networks": None, "by": by, "at": NOW, **options})


def refusal(plain, at=NOW, address=None):
    return keys.check(plain, at=at, address=address).refusal


def used(key, client, at=NOW):
    ApiKeyUse.objects.create(provider_id=key.provider_id, api_key=key, client=client, first_used_at=at, last_used_at=at)


def path(key, noun):
    return f"{LIST}{key.pk}/{noun}/"


def body(answer):
    return answer.content.decode()


def shown_key(answer):
    return re.search(r"mspk_\w{12}_\w{49}", body(answer))[0]


class TestMaking:
    def test_leaves_the_primary_key_and_the_other_named_ones_alone(self, northwind):
        _, primary = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        _, one = made(northwind, "One")
        key, other = made(northwind, "Other", role=Role.BILLING_ONLY)
        assert (refusal(primary), refusal(one), refusal(other)) == ("", "", "")
        assert (key.is_primary, key.role, key.may(Permission.SEE_INVOICES), key.may(Permission.SEE_USERS)) == (
            *(False, Role.BILLING_ONLY),
            *(True, False),
        )

    def test_is_written_to_the_log_without_the_key(self, northwind):
        key, plain = made(northwind, networks=["192.0.2.7"], expires_at=NOW + DAY)
        event = AuditEvent.objects.get(action="api_key.generated")
        assert (event.target_id, event.details["networks"], event.details["role"]) == (key.pk, ["192.0.2.7"], "Read Only")
        assert plain[18:] not in str(event.__dict__)

    @pytest.mark.parametrize("name", ["PSA sync", "psa SYNC"])
    def test_takes_no_name_twice_whatever_its_case(self, northwind, name):
        made(northwind)
        with pytest.raises(KeyNameTaken):
            made(northwind, name)
        assert ApiKey.objects.count() == 1

    def test_takes_a_name_that_the_other_provider_has(self, cast):
        made(cast.northwind)
        assert refusal(made(cast.bluefin)[1]) == ""

    def test_takes_the_name_of_one_that_was_revoked(self, northwind):
        key, _ = made(northwind)
        revoke_key(key=key, by=northwind.owner, at=NOW)
        assert refusal(made(northwind)[1]) == ""

    def test_takes_the_name_of_one_that_expired(self, northwind):
        expired, plain = made(northwind, expires_at=NOW + HOUR)
        with pytest.raises(KeyNameTaken):
            made(northwind, at=NOW + HOUR - timedelta.resolution)
        assert refusal(made(northwind, at=NOW + HOUR)[1]) == ""
        assert refusal(plain, NOW + DAY) == "expired"
        expired.refresh_from_db()
        assert (expired.ending, expired.ends_at) == ("expired", NOW + HOUR)

    def test_takes_no_name_while_the_key_before_an_expired_one_still_works(self, northwind):
        key, _ = made(northwind)
        renewed(key, northwind.owner, keep_hours=72, expires_at=NOW + HOUR)
        with pytest.raises(KeyNameTaken):
            made(northwind, at=NOW + 2 * HOUR)
        assert made(northwind, at=NOW + 72 * HOUR)

    def test_is_refused_by_the_database_too_for_a_second_one_of_a_name(self, northwind):
        key, _ = made(northwind)
        copy = {"provider": northwind.provider, "lookup": "a" * 12, "mac": b"m", "pepper": 1, "role": key.role}
        with pytest.raises(IntegrityError, match="one_live_key_a_name"), transaction.atomic():
            ApiKey.objects.create(name="psa SYNC", **copy)
        ApiKey.objects.create(name="another", **copy)

    def test_is_bound_in_number(self, northwind):
        last = [made(northwind, f"Key {number}")[0] for number in range(KEYS_NAMED_MAX)][-1]
        with pytest.raises(TooManyKeys):
            made(northwind, "One more")
        revoke_key(key=last, by=northwind.owner, at=NOW)
        assert made(northwind, "One more")

    def test_gives_no_role_above_the_makers(self, northwind):
        with pytest.raises(RoleTooHigh):
            made(northwind, by=northwind.by_role[Role.ADMINISTRATOR], role=Role.BILLING_ONLY)
        assert made(northwind, by=northwind.by_role[Role.ADMINISTRATOR], role=Role.MANAGER)

    def test_is_not_for_those_limited_to_some_organizations(self, northwind):
        with pytest.raises(KeyReachesAll):
            made(northwind, by=northwind.limited)

    def test_gives_a_name_to_one_of_eight_at_the_same_instant(self, committed, cast, full):
        for number in range(50 if full else 5):
            outcomes = committed.together([lambda number=number: in_scope(cast.northwind, f"Key {number}")] * 8)
            plain = [outcome[1] for outcome in outcomes if isinstance(outcome, tuple)]
            assert [type(outcome) for outcome in outcomes].count(KeyNameTaken) == 7
            assert [refusal(one) for one in plain] == [""]


def in_scope(msp, name):
    with tenancy.scope(msp.pk):
        return made(msp, name)


class TestTheCheck:
    def test_costs_one_statement_with_networks_too(self, northwind):
        _, plain = made(northwind, networks=["192.0.2.0/24", "2001:db8::/32"], expires_at=NOW + DAY)
        with CaptureQueriesContext(connection) as asked:
            assert keys.check(plain, at=NOW, address="192.0.2.9").is_good
        assert len(asked) == 1

    def test_refuses_from_the_instant_of_expiry(self, northwind):
        _, plain = made(northwind, expires_at=NOW + HOUR)
        assert refusal(plain, NOW + HOUR - timedelta.resolution) == ""
        assert refusal(plain, NOW + HOUR) == "expired"

    def test_refuses_other_addresses(self, northwind):
        _, plain = made(northwind, networks=["192.0.2.0/24"])
        assert refusal(plain, address="192.0.2.9") == ""
        assert refusal(plain, address="192.0.3.9") == "address"
        assert refusal(plain) == "address"

    def test_says_of_a_revoked_key_that_it_is_revoked_wherever_it_is_used(self, northwind):
        key, plain = made(northwind, networks=["192.0.2.0/24"], expires_at=NOW + HOUR)
        revoke_key(key=key, by=northwind.owner, at=NOW)
        assert refusal(plain, address="192.0.3.9") == "revoked"
        assert refusal(plain, NOW + DAY) == "revoked"

    @pytest.mark.parametrize(("networks", "status"), [(["127.0.0.0/8"], 200), (["192.0.2.0/24"], 401), (None, 200)])
    def test_is_made_at_the_apis_door_with_the_clients_address(self, northwind, client, networks, status):
        _, plain = made(northwind, networks=networks)
        answer = client.get(SELF, headers={"x-api-key": plain, "User-Agent": "sync/1"})
        assert answer.status_code == status
        if status == 401:
            assert answer.json() == {"code": 401, "status": "Unauthorized", "message": "Unauthorized"}
            event = AuditEvent.objects.get(action="api_key.refused")
            assert (event.details, event.address) == ({"reason": "address", "client": "sync/1"}, "127.0.0.1")

    def test_takes_the_address_that_our_proxy_added(self, northwind, client, settings):
        settings.LOOPBACK = False
        _, plain = made(northwind, networks=["192.0.2.0/24"])
        headers = {"x-api-key": plain, "X-Forwarded-Proto": "https"}
        assert client.get(SELF, secure=True, headers={**headers, "X-Forwarded-For": "10.0.0.1, 192.0.2.9"}).status_code == 200
        assert client.get(SELF, secure=True, headers={**headers, "X-Forwarded-For": "192.0.2.9, 10.0.0.1"}).status_code == 401


class TestRenewing:
    def test_gives_a_new_key_with_name_and_role_and_ends_the_former(self, northwind):
        key, plain = made(northwind, role=Role.MANAGER)
        ApiKey.objects.filter(pk=key.pk).update(requests_per_minute=9000)
        new, new_plain = renewed(key, northwind.owner, expires_at=NOW + DAY, networks=["192.0.2.7"])
        assert (new.name, new.role, new.expires_at, new.requests_per_minute) == (key.name, Role.MANAGER, NOW + DAY, 9000)
        assert (refusal(plain), refusal(new_plain, address="192.0.2.7")) == ("revoked", "")

    def test_keeps_the_former_key_for_as_long_as_asked(self, northwind):
        key, plain = made(northwind)
        renewed(key, northwind.owner, keep_hours=24)
        assert refusal(plain, NOW + 24 * HOUR - timedelta.resolution) == ""
        assert refusal(plain, NOW + 24 * HOUR) == "ended"

    def test_keeps_one_former_key_and_no_more(self, northwind):
        key, first = made(northwind)
        second_key, second = renewed(key, northwind.owner, keep_hours=72)
        _, third = renewed(second_key, northwind.owner, keep_hours=1)
        assert (refusal(first), refusal(second), refusal(third)) == ("revoked", "", "")

    def test_leaves_keys_of_other_names_and_the_primary_one_alone(self, northwind):
        primary, _ = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        generate_key(provider=northwind.provider, by=northwind.owner, at=NOW, keep_hours=72)
        other, _ = made(northwind, "Other")
        renewed(other, northwind.owner, keep_hours=72)
        key, _ = made(northwind)
        renewed(key, northwind.owner)
        assert ApiKey.objects.live(NOW).count() == 5
        assert ApiKey.objects.get(pk=primary.pk).is_live(NOW)

    @pytest.mark.parametrize("how", ["renewed", "kept", "revoked", "expired"])
    def test_is_refused_for_a_key_that_is_over(self, northwind, how):
        key, _ = made(northwind, expires_at=NOW + HOUR)
        later = NOW + 2 * HOUR if how == "expired" else NOW
        if how == "revoked":
            revoke_key(key=key, by=northwind.owner, at=NOW)
        elif how != "expired":
            renewed(key, northwind.owner, keep_hours=24 if how == "kept" else 0)
        before = ApiKey.objects.count()
        with pytest.raises(KeyIsOver):
            renewed(key, northwind.owner, at=later)
        assert ApiKey.objects.count() == before

    def test_hands_nobody_a_key_above_his_own_role(self, northwind):
        key, plain = made(northwind, role=Role.ADMINISTRATOR_WITH_BILLING)
        with pytest.raises(RoleTooHigh):
            renewed(key, northwind.by_role[Role.ADMINISTRATOR])
        assert refusal(plain) == ""

    def test_gives_one_new_key_to_eight_who_renew_at_the_same_instant(self, committed, cast):
        key, _ = in_scope(cast.northwind, "Sync")

        def renew():
            with tenancy.scope(cast.northwind.pk):
                return renewed(key, cast.northwind.owner)

        outcomes = committed.together([renew] * 8)
        assert [type(outcome) for outcome in outcomes].count(KeyIsOver) == 7
        assert ApiKey.objects.live(NOW).count() == 1


class TestRevoking:
    def test_ends_the_key_at_once(self, northwind):
        key, plain = made(northwind)
        _, other = made(northwind, "Other")
        revoke_key(key=key, by=northwind.owner, at=NOW)
        assert (refusal(plain), refusal(other)) == ("revoked", "")
        key.refresh_from_db()
        assert key.revoked_by_name == northwind.owner.name
        assert AuditEvent.objects.get(action="api_key.revoked").target_id == key.pk

    def test_ends_the_key_that_it_took_the_place_of(self, northwind):
        key, former = made(northwind)
        present, plain = renewed(key, northwind.owner, keep_hours=72)
        revoke_key(key=present, by=northwind.owner, at=NOW)
        assert (refusal(former), refusal(plain)) == ("revoked", "revoked")

    def test_of_a_former_key_leaves_the_present_one(self, northwind):
        key, former = made(northwind)
        _, plain = renewed(key, northwind.owner, keep_hours=72)
        revoke_key(key=ApiKey.objects.get(pk=key.pk), by=northwind.owner, at=NOW)
        assert (refusal(former), refusal(plain)) == ("revoked", "")

    def test_twice_is_noted_once(self, northwind):
        key, _ = made(northwind)
        for _ in range(2):
            revoke_key(key=key, by=northwind.owner, at=NOW)
        assert AuditEvent.objects.filter(action="api_key.revoked").count() == 1


class TestThePageToMakeOne:
    def test_shows_the_key_once(self, owner):
        answer = owner.post(NEW, {**FORM, "networks": "192.0.2.7"})
        plain = shown_key(answer)
        assert refusal(plain, timezone.now(), "192.0.2.7") == ""
        assert "no-store" in answer["Cache-Control"]
        assert 'hx-history="false"' in body(answer)
        for page in (NEW, LIST, "/account/", "/activity/"):
            assert plain[18:] not in body(owner.get(page))
        assert plain not in str(dict(owner.session))

    def test_shows_only_the_key_to_htmx_in_place_of_the_form(self, owner):
        answer = owner.post(NEW, FORM, headers={"HX-Request": "true", "HX-Target": "key-form"})
        assert shown_key(answer)
        assert (answer["HX-Retarget"], "<html" in body(answer)) == ("#key-form", False)
        assert "no-store" in answer["Cache-Control"]

    def test_asks_for_the_password_when_the_sign_in_is_old(self, northwind, client):
        key, _ = made(northwind)
        browser = sign_in(client, northwind.owner, fresh=False)
        assert browser.post(NEW, {**FORM, "name": "Other"}).status_code == 302
        assert browser.post(path(key, "renewal"), RENEWAL).status_code == 302
        assert ApiKey.objects.count() == 1

    def test_makes_one_key_of_a_form_sent_twice(self, owner):
        owner.post(NEW, FORM)
        answer = owner.post(NEW, FORM)
        assert (answer.status_code, ApiKey.objects.count()) == (422, 1)
        assert "A key with this name works already" in body(answer)
        assert AuditEvent.objects.filter(action="refused.key_name_taken").count() == 1

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": "  "}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"role": "Organization Administrator"}, "role"),
            ({"lifetime": "31"}, "lifetime"),
            ({"lifetime": "day"}, "last_day"),
            ({"lifetime": "day", "last_day": "tomorrow"}, "last_day"),
            ({"lifetime": "day", "last_day": "2020-01-01"}, "last_day"),
            ({"lifetime": "day", "last_day": "9999-12-31"}, "last_day"),
            ({"networks": "nonsense"}, "networks"),
        ],
    )
    def test_says_at_the_field_what_does_not_fit(self, owner, changes, field):
        answer = owner.post(NEW, {**FORM, **changes})
        assert (answer.status_code, ApiKey.objects.count()) == (422, 0)
        assert list(answer.context["form"].errors) == [field]
        assert f"id_{field}_error" in body(answer)

    @pytest.mark.parametrize(("lifetime", "days"), [("30", 30), ("90", 90), ("365", 365)])
    def test_counts_days_from_now(self, owner, lifetime, days):
        owner.post(NEW, {**FORM, "lifetime": lifetime})
        key = ApiKey.objects.get()
        assert key.expires_at - key.created_at == timedelta(days=days)

    def test_makes_one_without_end(self, owner):
        owner.post(NEW, {**FORM, "lifetime": "endless", "last_day": "2020-01-01"})
        assert ApiKey.objects.get().expires_at is None

    def test_lets_the_last_day_end_in_the_providers_zone(self, owner, northwind):
        type(northwind.provider).objects.filter(pk=northwind.pk).update(time_zone="America/Denver")
        owner.post(NEW, {**FORM, "lifetime": "day", "last_day": "2030-06-30"})
        assert ApiKey.objects.get().expires_at == datetime(2030, 7, 1, 6, tzinfo=UTC)

    def test_takes_single_spaces_for_several(self, owner):
        owner.post(NEW, {**FORM, "name": " PSA \t  sync "})
        assert ApiKey.objects.get().name == "PSA sync"

    def test_offers_no_role_above_ones_own(self, northwind, client):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        junior.api_access_at = NOW
        junior.save(update_fields=["api_access_at"])
        shown = body(sign_in(client, junior).get(NEW))
        assert "Administrator With Billing</option>" not in shown
        assert "Read Only</option>" in shown
        assert client.post(NEW, {**FORM, "role": Role.ADMINISTRATOR_WITH_BILLING.value}).status_code == 422


class TestTheLastDay:
    AT = datetime(2026, 3, 8, 5, tzinfo=UTC)  # 22:00 on the 7th in Denver, two hours before the night that is an hour short

    def form(self, day, zone="America/Denver"):
        maker = Administrator(role=Role.ADMINISTRATOR_WITH_BILLING)
        return NamedKeyForm({**FORM, "lifetime": "day", "last_day": day}, maker=maker, zone=zone, at=self.AT)

    @pytest.mark.parametrize(
        ("day", "zone", "end"),
        [
            ("2026-03-07", "America/Denver", datetime(2026, 3, 8, 7, tzinfo=UTC)),
            ("2026-03-08", "America/Denver", datetime(2026, 3, 9, 6, tzinfo=UTC)),
            ("2026-03-08", "Pacific/Auckland", datetime(2026, 3, 8, 11, tzinfo=UTC)),
            ("2036-03-04", "America/Denver", datetime(2036, 3, 5, 7, tzinfo=UTC)),
        ],
    )
    def test_ends_at_its_midnight(self, day, zone, end):
        form = self.form(day, zone)
        assert form.is_valid()
        assert form.cleaned_data["expires_at"] == end
        assert set(form.cleaned_data) == {"name", "role", "expires_at", "networks"}

    @pytest.mark.parametrize(
        ("day", "zone"), [("2026-03-06", "America/Denver"), ("2026-03-07", "Pacific/Auckland"), ("2036-03-05", "America/Denver")]
    )
    def test_is_neither_over_nor_beyond_ten_years(self, day, zone):
        assert list(self.form(day, zone).errors) == ["last_day"]


class TestThePageToRenewOne:
    def test_begins_with_the_terms_of_the_present_key(self, owner, northwind):
        key, _ = made(northwind, expires_at=NOW + 90 * DAY, networks=["192.0.2.0/24", "::1"])
        form = owner.get(path(key, "renewal")).context["form"]
        assert (form["lifetime"].value(), form["networks"].value()) == ("90", "192.0.2.0/24\n::1")

    def test_begins_with_its_last_day_or_without_end(self, owner, northwind):
        midnight = datetime.combine(NOW.date() + 9 * DAY, datetime.min.time(), UTC)
        dated = owner.get(path(made(northwind, "Dated", expires_at=midnight)[0], "renewal")).context["form"]
        assert (dated["lifetime"].value(), dated["last_day"].value()) == ("day", NOW.date() + 8 * DAY)
        endless = owner.get(path(made(northwind, "Endless")[0], "renewal")).context["form"]
        assert endless["lifetime"].value() == "endless"

    def test_names_who_breaks_and_shows_the_new_key_once(self, owner, northwind):
        key, plain = made(northwind)
        used(key, "psa-sync/2.1")
        assert "psa-sync/2.1" in body(owner.get(path(key, "renewal")))
        answer = owner.post(path(key, "renewal"), RENEWAL)
        new = shown_key(answer)
        assert (refusal(plain, timezone.now()), refusal(new, timezone.now())) == ("revoked", "")
        assert "psa-sync/2.1" in body(answer)
        assert "no-store" in answer["Cache-Control"]
        assert new[18:] not in body(owner.get(LIST))

    def test_says_until_when_the_former_key_works(self, owner, northwind):
        key, _ = made(northwind)
        answer = owner.post(path(key, "renewal"), {**RENEWAL, "keep_hours": "24"})
        assert f"The former key <code>{key.prefix}…</code> works until" in body(answer)
        [new] = ApiKey.objects.current()
        assert "is still kept and ends now in any case" in body(owner.get(path(new, "renewal")))

    def test_tells_a_replayed_form_that_the_key_is_over(self, owner, northwind):
        key, _ = made(northwind)
        owner.post(path(key, "renewal"), RENEWAL)
        answer = owner.post(path(key, "renewal"), RENEWAL)
        assert (answer.status_code, ApiKey.objects.count()) == (422, 2)
        assert "so nothing was generated now" in body(answer)
        assert AuditEvent.objects.filter(action="refused.key_is_over").count() == 1

    @pytest.mark.parametrize("keep_hours", [0, 72])
    def test_leads_from_an_old_link_to_the_list(self, owner, northwind, keep_hours):
        key, _ = made(northwind)
        renewed(key, northwind.owner, keep_hours=keep_hours)
        shown = body(owner.get(path(key, "renewal"), follow=True))
        assert f"PSA sync ({key.prefix}…) was renewed or revoked, or has expired." in shown

    def test_is_not_for_the_primary_key(self, owner, northwind):
        key, _ = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        assert owner.get(path(key, "renewal")).status_code == 404


class TestThePageToRevokeOne:
    def test_names_each_who_breaks_once(self, owner, northwind):
        key, _ = made(northwind)
        present, _ = renewed(key, northwind.owner, keep_hours=72)
        used(key, "psa-sync/2.1")
        used(present, "psa-sync/2.1")
        used(key, "old-script/1")
        shown = body(owner.get(path(present, "revocation")))
        assert "2 integrations were seen using it and will stop working" in shown
        assert f"The key before it, <code>{key.prefix}…</code>, ends with it." in shown
        assert "1 integration" not in body(owner.get(path(key, "revocation")))

    def test_revokes_and_says_so(self, owner, northwind):
        key, plain = made(northwind)
        answer = owner.post(path(key, "revocation"), follow=True)
        assert f"PSA sync ({key.prefix}…) no longer works." in body(answer)
        assert refusal(plain, timezone.now()) == "revoked"
        assert owner.post(path(key, "revocation")).status_code == 303

    def test_revokes_the_primary_key_as_well(self, owner, northwind):
        key, plain = generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        owner.post(path(key, "revocation"))
        assert refusal(plain, timezone.now()) == "revoked"
        assert "There is no API key" in body(owner.get("/account/"))

    def test_needs_no_fresh_sign_in_as_it_only_takes_away(self, northwind, client):
        key, plain = made(northwind)
        assert sign_in(client, northwind.owner, fresh=False).post(path(key, "revocation")).status_code == 303
        assert refusal(plain, timezone.now()) == "revoked"


class TestAForeignKey:
    @pytest.mark.parametrize("noun", ["renewal", "revocation"])
    def test_is_not_there(self, owner, cast, noun):
        theirs, plain = made(cast.bluefin)
        for ask in (owner.get, owner.post):
            assert ask(path(theirs, noun), RENEWAL).status_code == 404
        assert refusal(plain, timezone.now()) == ""
        assert theirs.name not in body(owner.get(LIST))


class TestTheList:
    def test_tells_all_of_a_key_but_the_key(self, owner, northwind):
        key, plain = made(northwind, networks=["192.0.2.0/24"], expires_at=NOW + 200 * DAY)
        note_use(key=key, presented=plain, client="psa-sync/2.1", at=NOW)
        used(key, "curl/8", NOW - DAY)
        shown = body(owner.get(LIST))
        for word in (
            key.name,
            key.prefix,
            "Read Only",
            northwind.owner.name,
            "192.0.2.0/24",
            "psa-sync/2.1",
            "curl/8",
            "2 clients seen",
        ):
            assert word in shown
        assert key.lookup not in shown
        assert "Keys that no longer work" not in shown

    def test_puts_the_primary_key_first_and_a_former_one_behind_its_successor(self, owner, northwind):
        key, _ = made(northwind, "b")
        made(northwind, "A")
        renewed(key, northwind.owner, keep_hours=72)
        generate_key(provider=northwind.provider, by=northwind.owner, at=NOW)
        live = owner.get(LIST).context["keys"].live
        assert [(one.key.name, one.key.is_former) for one in live] == [
            *(("API key", False), ("A", False)),
            *(("b", False), ("b", True)),
        ]

    def test_shows_how_the_ended_ones_ended(self, owner, northwind):
        revoked, _ = made(northwind, "One")
        revoke_key(key=revoked, by=northwind.owner, at=NOW - HOUR)
        made(northwind, "Two", expires_at=NOW - 2 * HOUR, at=NOW - DAY)
        kept, _ = made(northwind, "Three", at=NOW - 2 * DAY)
        renewed(kept, northwind.owner, keep_hours=1, at=NOW - DAY)
        answer = owner.get(LIST)
        assert [(key.name, key.ending) for key in answer.context["ended"]] == [
            ("One", "revoked"),
            ("Two", "expired"),
            ("Three", "ended"),
        ]
        for words in (f"revoked by {northwind.owner.name}", "expired", "replaced"):
            assert words in body(answer)

    def test_offers_the_first_where_there_is_none(self, owner):
        assert "No API keys yet" in body(owner.get(LIST))

    def test_asks_the_database_as_little_for_many_keys_as_for_few(self, owner, northwind):
        made(northwind, "Key 0", expires_at=NOW + DAY, at=NOW - DAY)
        few = statements(owner)
        for number in range(1, 20):
            key, _ = made(northwind, f"Key {number}", expires_at=NOW + DAY, at=NOW - DAY)
            used(key, "sync/1")
        assert statements(owner) == few

    def test_is_refused_with_who_can_help(self, northwind, client):
        answer = sign_in(client, northwind.by_role[Role.READ_ONLY]).get(LIST)
        assert answer.status_code == 403
        assert northwind.owner.email in body(answer)

    def test_names_administrators_with_api_access_among_those_who_can_help(self, northwind, client):
        junior = northwind.by_role[Role.ADMINISTRATOR]
        assert junior.email not in body(sign_in(client, northwind.by_role[Role.READ_ONLY]).get(LIST))
        junior.api_access_at = NOW
        junior.save(update_fields=["api_access_at"])
        assert junior.email in body(client.get(LIST))
        assert sign_in(Client(), junior).get(LIST).status_code == 200


def statements(browser):
    with CaptureQueriesContext(connection) as asked:
        browser.get(LIST)
    return len(asked)
