"""Why a mark is what it is, through the API: as the page tells it, and to whom."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from tests.api.client import client_of
from tests.usage.history import add, add_devices, new_organization, recount_now
from usage.models import ClosedMonth, Seats, User

MARKS = "/v2/providers/{provider}/usage/organizations/%s/marks/%s"


def read(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def old(northwind):
    """Three users since 70 days, and five more for a moment in the present month."""
    organization = new_organization(northwind.provider, at=timezone.now() - timedelta(days=70), users=3)
    recount_now()
    add(organization, 5)
    User.objects.filter(pk__in=list(organization.users.order_by("-pk").values("pk")[:5])).delete()
    return organization


@pytest.fixture
def place(old):
    """The address of the present month's mark."""
    return MARKS % (old.pk, f"{Seats.objects.get(pk=old.pk).month:%Y-%m}")


class TestTheReason:
    def test_is_the_instant_and_everyone_present_then(self, api, old, place):
        found, seats = read(api.get(place)), Seats.objects.get(pk=old.pk)
        told = {name: found[name] for name in ("month", "timeZone", "closed", "kind", "mark", "carriedIn", "totalCount")}
        assert told == {
            "month": f"{seats.month:%Y-%m}",
            "timeZone": "UTC",
            "closed": False,
            "kind": "user",
            "mark": 8,
            "carriedIn": 3,
            "totalCount": 8,
        }
        assert timezone.datetime.fromisoformat(found["at"]) - seats.users_mark_at < timedelta(milliseconds=1)
        assert len({row["subject"] for row in found["present"]}) == 8
        assert set(found["present"][0]) == {"since", "subject", "subjectName", "by"}

    def test_of_every_month_is_the_mark_that_the_list_of_months_tells(self, api, old):
        months = read(api.get(f"/v2/providers/{{provider}}/usage/organizations/{old.pk}/marks?limit=100"))["results"]
        assert len(months) == 1 + ClosedMonth.objects.filter(organization=old).count() >= 3
        for row in months:
            found = read(api.get(MARKS % (old.pk, row["month"])))
            assert (found["mark"], found["at"], found["carriedIn"], found["closed"]) == (
                *(row["highWaterMark"], row["highWaterMarkAt"], row["carriedIn"], row["closed"]),
            )
            assert found["totalCount"] == found["mark"]

    def test_is_told_by_pages(self, api, place):
        first, last = api.get(f"{place}?limit=5"), api.get(f"{place}?limit=5&skip=5")
        assert (len(read(first)["present"]), len(read(last)["present"]), first["x-total-count"]) == (5, 3, "8")
        assert ('rel="next"' in first["Link"], 'rel="next"' in last["Link"]) == (True, False)

    def test_is_of_devices_when_asked(self, api, old, place):
        add_devices(old, 2)
        found = read(api.get(f"{place}?kind=device"))
        assert (found["kind"], found["mark"], found["totalCount"]) == ("device", 2, 2)
        assert api.get(f"{place}?kind=phone").status_code == 400

    @pytest.mark.parametrize(("month", "status"), [("2019-01", 404), ("0000-01", 404), ("9999-12", 404), ("2026-13", 400)])
    def test_of_no_month_of_the_organization_is_not_there(self, api, old, month, status):
        assert api.get(MARKS % (old.pk, month)).status_code == status

    @pytest.mark.parametrize(
        ("role", "fields"),
        [(Role.BILLING_ONLY, {"since"}), (Role.MANAGER, {"since", "subject", "subjectName"})],
    )
    def test_names_people_to_keys_that_may_see_them(self, northwind, place, role, fields):
        assert set(read(client_of(northwind, role).get(place))["present"][0]) == fields
