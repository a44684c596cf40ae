"""The account's overview and its details."""

import pytest
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.forms.fields import UserCapField
from accounts.models import ApiKey, AuditEvent
from accounts.roles import Role
from tests.cast import sign_in

PAGE, DETAILS = "/account/", "/account/details/"
GOOD = {
    "name": "Northwind Managed Services",
    "contact_name": "Cora Contact",
    "contact_email": "help@northwind.example",
    "contact_phone": "+1 555 0100",
    "time_zone": "America/Denver",
    "default_user_cap": "25",
}


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(northwind, client):
    return sign_in(client, northwind.owner)


def body(answer):
    return answer.content.decode()


class TestTheOverview:
    def test_masks_the_provider_id_and_copies_the_whole(self, owner, northwind):
        shown = body(owner.get(PAGE))
        assert f'data-copy="{northwind.pk}"' in shown
        assert f">{'•' * 20}{northwind.pk[-4:]}</code>" in shown

    def test_says_that_there_is_no_key_yet_and_offers_the_first(self, owner):
        shown = body(owner.get(PAGE))
        assert "There is no API key yet" in shown
        assert 'href="/account/key/"' in shown

    def test_tells_of_the_key_but_never_the_key(self, owner, northwind):
        key, plain = generate_key(provider=northwind.provider, by=northwind.owner, at=timezone.now())
        shown = body(owner.get(PAGE))
        assert key.prefix in shown
        assert f"by {northwind.owner.name}" in shown
        assert plain not in shown

    def test_lets_the_former_key_be_ended_beside_it(self, owner, northwind):
        for _ in range(2):
            generate_key(provider=northwind.provider, by=northwind.owner, at=timezone.now(), keep_hours=24)
        assert "End now" in body(owner.get(PAGE))
        assert owner.post("/account/key/former/end/").status_code == 303
        assert "End now" not in body(owner.get(PAGE))
        assert ApiKey.objects.filter(revoked_at=None).count() == 1

    def test_names_those_who_can_help_where_the_role_has_no_key(self, northwind, client):
        shown = body(sign_in(client, northwind.by_role[Role.READ_ONLY]).get(PAGE))
        assert northwind.owner.email in shown
        assert "/account/key/" not in shown

    @pytest.mark.parametrize(
        ("role", "tabs"),
        [(Role.BILLING_ONLY, {"payments", "billing", "usage"}), (Role.READ_ONLY, {"usage"}), (Role.MANAGER, {"usage"})],
    )
    def test_shows_the_tabs_that_may_be_opened(self, northwind, client, role, tabs):
        shown = body(sign_in(client, northwind.by_role[role]).get(PAGE))
        assert {tab for tab in ("payments", "billing", "usage") if f'href="/account/{tab}/"' in shown} == tabs


class TestTheDetails:
    def test_are_saved_with_what_stood_before(self, owner, northwind):
        assert owner.post(DETAILS, GOOD).status_code == 303
        northwind.provider.refresh_from_db()
        assert (northwind.provider.name, northwind.provider.default_user_cap) == ("Northwind Managed Services", 25)
        changes = AuditEvent.objects.get(action="provider.changed").details["changes"]
        assert changes["time_zone"] == ["UTC", "America/Denver"]
        assert changes["default_user_cap"] == [None, 25]
        assert "contact_phone" not in changes

    def test_say_when_a_new_zone_takes_effect(self, owner):
        assert "from the next month" in body(owner.post(DETAILS, GOOD, follow=True))

    def test_leave_no_trace_when_nothing_changed(self, owner):
        owner.post(DETAILS, GOOD)
        owner.post(DETAILS, GOOD)
        assert AuditEvent.objects.filter(action="provider.changed").count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [("time_zone", "Mars/Olympus"), ("name", ""), ("contact_email", "nobody"), ("default_user_cap", "10001")],
    )
    def test_are_refused_at_the_field_with_what_was_typed(self, owner, northwind, field, value):
        answer = owner.post(DETAILS, {**GOOD, field: value})
        assert answer.status_code == 422
        assert f"id_{field}_error" in body(answer)
        assert value in body(answer)
        northwind.provider.refresh_from_db()
        assert northwind.provider.name == "Northwind MSP"

    def test_take_a_zone_as_people_write_it(self, owner, northwind):
        owner.post(DETAILS, {**GOOD, "time_zone": "america/new york"})
        northwind.provider.refresh_from_db()
        assert northwind.provider.time_zone == "America/New_York"

    def test_are_not_for_everyone(self, northwind, client):
        assert sign_in(client, northwind.by_role[Role.READ_ONLY]).post(DETAILS, GOOD).status_code == 403


@pytest.mark.parametrize("typed", ["0", "-1", "10,001", "1.5", "1.0", "+5", "1_000", "١٢", "1e3"])
def test_a_cap_is_nothing_but_plain_digits(typed):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        UserCapField(required=False).clean(typed)
