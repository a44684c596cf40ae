"""Devices over v1's API, within one organization."""

import pytest

from accounts.models import AuditEvent
from usage.models import Device

LIST = "/systems"


@pytest.fixture
def device(acme):
    return Device.objects.create(
        provider_id=acme.organization.provider_id,
        organization=acme.organization,
        name="acme-pc",
        operating_system="Windows 11",
        serial_number="PF-1",
    )


def one(device):
    return f"{LIST}/{device.pk}"


class TestTheList:
    def test_tells_what_is_noted_of_each_device(self, at_acme, acme, device):
        assert at_acme.get(LIST).json() == {
            "results": [
                {
                    "_id": device.pk,
                    "id": device.pk,
                    "organization": acme.pk,
                    "displayName": "acme-pc",
                    "hostname": "acme-pc",
                    "active": True,
                    "created": device.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "os": "Windows 11",
                    "serialNumber": "PF-1",
                }
            ],
            "totalCount": 1,
        }

    def test_leaves_out_what_nobody_noted(self, at_acme, device):
        Device.objects.update(operating_system="", serial_number="")
        assert not {"os", "serialNumber"} & set(at_acme.get(one(device)).json())

    def test_gives_a_hundred_at_once(self, at_acme):
        answer = at_acme.get(f"{LIST}?limit=101")
        assert answer.status_code == 400
        assert answer.json()["message"] == 'Bad Request: request parameter "limit" exceeds maximum value of 100'

    @pytest.mark.parametrize(
        ("query", "number"),
        [("search=ACME", 1), ("search=birch", 0), ("filter=os:$sw:Windows", 1), ("filter=serialNumber:$in:PF-2|PF-3", 0)],
    )
    def test_is_narrowed(self, at_acme, device, query, number):
        assert at_acme.get(f"{LIST}?{query}").json()["totalCount"] == number

    def test_needs_an_organization(self, api):
        assert api.get(LIST).json()["message"] == "Unauthorized: no organization selected"


class TestASearch:
    def test_asks_for_the_list_in_a_body(self, at_acme, device):
        found = at_acme.post("/search/systems", {"filter": [{"hostname": "acme-pc"}], "fields": "hostname", "limit": 100}).json()
        assert found == {"results": [{"_id": device.pk, "id": device.pk, "hostname": "acme-pc"}], "totalCount": 1}


class TestOneDevice:
    def test_is_renamed(self, at_acme, device):
        answer = at_acme.put(one(device), {"displayName": " desk ", "allowSshRootLogin": False})
        assert (answer.status_code, answer.json()["displayName"]) == (200, "desk")
        assert AuditEvent.objects.get(action="usage.device.edited").actor_kind == "api_key"

    @pytest.mark.parametrize("body", [{}, {"displayName": None}])
    def test_stays_as_it_is_without_a_name(self, at_acme, device, body):
        assert at_acme.put(one(device), body).json()["displayName"] == "acme-pc"

    @pytest.mark.parametrize("body", ['{"displayName": ""}', '{"displayName": 7}', f'{{"displayName": "{"a" * 121}"}}', "[]"])
    def test_refuses_what_is_no_name(self, at_acme, device, body):
        assert at_acme.put(one(device), body).status_code == 400

    def test_is_removed_and_answered_as_it_was(self, at_acme, acme, device):
        was = at_acme.get(one(device)).json()
        answer = at_acme.delete(one(device))
        assert (answer.status_code, answer.json()) == (200, was)
        assert acme.seats.devices == 0

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_of_another_organization_is_none(self, api, birch, device, method):
        foreign = api.at(birch).send(method, one(device), {})
        unknown = api.at(birch).send(method, f"{LIST}/{'0' * 24}", {})
        assert foreign.status_code == 404
        assert foreign.content == unknown.content
        assert Device.objects.filter(pk=device.pk).exists()
