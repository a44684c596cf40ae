"""Alerts and what they told, through the API: listed, narrowed, and licences only for keys that may see them."""

import pytest

from accounts.roles import Role
from tests.api.client import client_of
from tests.walks.stage import fire_an_alert
from usage.models import AlertCrossing

ALERTS = "/v2/providers/{provider}/usage/alerts"
CROSSINGS = "/v2/providers/{provider}/usage/alert-crossings"


@pytest.fixture
def fired(acme, cast):
    fire_an_alert(acme, by=cast.northwind.owner)
    return AlertCrossing.objects.get()


class TestTheLists:
    def test_have_what_is_watched_and_what_was_crossed(self, api, acme, fired):
        found = api.get(ALERTS).json()
        assert found["totalCount"] == 5
        [own] = [one for one in found["results"] if "organization" in one]
        assert (own["kind"], own["organizationName"], own["byEmail"]) == ("LIMIT_REACHED", "Acme Dental", True)
        assert "lastFiredAt" in own
        [told] = api.get(CROSSINGS).json()["results"]
        assert (told["id"], told["kind"], told["count"], told["limit"]) == (fired.pk, "LIMIT_REACHED", 1, 1)
        assert (told["organization"], "percent" in told) == (acme.pk, False)

    def test_can_be_narrowed(self, api, fired):
        assert api.get(f"{ALERTS}?filter=kind:eq:NEAR_LIMIT").json()["totalCount"] == 1
        assert api.get(f"{CROSSINGS}?filter=kind:eq:NEAR_LIMIT").json()["totalCount"] == 0

    def test_keep_licences_from_keys_that_may_not_see_them(self, cast, fired):
        kinds = {one["kind"] for one in client_of(cast.northwind, Role.READ_ONLY).get(ALERTS).json()["results"]}
        assert kinds == {"NEAR_LIMIT", "LIMIT_REACHED"}
