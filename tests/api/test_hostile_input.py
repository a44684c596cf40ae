"""What a reviewer broke once: each hostile request is refused in order, and its refusal is noted."""

import pytest
from django.test import RequestFactory

from accounts.doors import address_of
from accounts.models import ApiKey, AuditEvent
from accounts.roles import Role
from tests.api.client import ApiClient, client_of
from tests.api.live import live_client_of

LIST = "/v2/providers/{provider}/organizations"
SEARCH = "/search/organizations"


class TestTheAddressOfAClient:
    @pytest.fixture(autouse=True)
    def behind_a_proxy(self, settings):
        settings.LOOPBACK = False

    @pytest.mark.parametrize(
        ("forwarded", "found"),
        [("10.0.0.1, 203.0.113.9", "203.0.113.9"), ("2001:db8::1", "2001:db8::1"), ("zz", "127.0.0.1"), ("", "127.0.0.1")],
    )
    def test_is_the_last_one_that_the_proxy_added_and_always_an_address(self, forwarded, found):
        assert address_of(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == found


class TestARefusal:
    def test_is_noted_whatever_stands_in_the_address(self, northwind):
        answer = client_of(northwind, Role.READ_ONLY).delete("/v2/providers/{provider}/administrators/%00")
        assert answer.status_code == 403
        assert AuditEvent.objects.get(action="refused.edit_administrators").details["path"].endswith("/�")

    def test_of_a_key_is_noted_once_a_minute_whatever_the_client_calls_itself(self, northwind):
        old = client_of(northwind).key
        client_of(northwind)
        for number in range(5):
            assert ApiClient(old, northwind.pk).get(LIST, **{"User-Agent": f"agent {number}"}).status_code == 401
        assert AuditEvent.objects.filter(action="api_key.refused").count() == 1


class TestASearch:
    @pytest.mark.parametrize(
        "written",
        [{"or": [{}] * 200_000}, [{"displayName": {}}], [""] * 200_000, {"displayName": "a*" * 20_000}],
        ids=["empty groups", "an empty comparison", "empty sentences", "a long pattern"],
    )
    def test_that_would_cost_more_than_it_says_is_refused(self, api, written):
        assert api.post(SEARCH, {"filter": written}).status_code == 400

    @pytest.mark.parametrize("zone", ["%2B16:00", "-23:59", "%2B14:00"])
    def test_by_a_time_of_any_zone_is_answered(self, api, zone):
        assert api.get(f"/v2/providers/{{provider}}/cases?filter=date:gt:2026-01-01T00:00:00{zone}").status_code == 200

    def test_for_half_a_seat_is_refused(self, api):
        assert api.get(f"{LIST}?filter=maxSystemUsers:eq:1.5").status_code == 400


class TestAName:
    @pytest.mark.parametrize("name", ["\u200b", "---", " \u202e "])
    def test_that_nobody_can_read_is_none(self, api, name):
        assert api.post(LIST, {"name": name}).status_code == 400

    @pytest.mark.parametrize("field", ["firstname", "lastname", "email"])
    def test_in_a_mail_has_no_control_characters(self, api, field):
        body = {"email": "new@x.example", "firstname": "New", "lastname": "One", field: '"a\u0001b"@x.example'}
        assert api.post("/v2/providers/{provider}/administrators", body).status_code == 400


@pytest.mark.parametrize("charset", ["zlib", "undefined", "idna", "utf-7"])
def test_a_charset_of_the_client_s_own_is_passed_over(live_portal, cast, charset):
    client = live_client_of(live_portal, cast.northwind)
    ApiKey.objects.update(requests_per_minute=1000)
    answer = client.send("GET", f"{LIST}?x=%31&limit=1", **{"Content-Type": f"application/json; charset={charset}"})
    assert answer.status == 200
