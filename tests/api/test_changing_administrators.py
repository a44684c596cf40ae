"""`PUT /api/users/{id}`: a key changes what an administrator may do, and the owners read of it."""

import pytest

from accounts.models import Administrator, AuditEvent
from accounts.roles import Role
from msp_portal.lib.models import OutboxMessage
from tests.api.client import client_of


@pytest.fixture
def helper(northwind):
    return northwind.by_role[Role.HELP_DESK]


def change(api, administrator, **said):
    return api.put(f"/users/{administrator.pk}", said)


def mails():
    return [message.payload for message in OutboxMessage.objects.order_by("pk")]


class TestAChange:
    def test_of_the_role_holds_and_is_told_to_the_owners(self, api, northwind, helper):
        answer = change(api, helper, roleName="Read Only")
        assert (answer.status_code, answer.json()["roleName"]) == (200, "Read Only")
        assert Administrator.objects.get(pk=helper.pk).role == Role.READ_ONLY
        assert [mail["to"] for mail in mails()] == [[northwind.owner.email]]
        assert "who now is Read Only" in mails()[0]["text"]
        assert AuditEvent.objects.filter(action="administrator.changed", actor_kind="api_key").count() == 1

    def test_suspends_and_restores(self, api, helper):
        assert change(api, helper, suspended=True).json()["suspended"] is True
        assert change(api, helper, suspended=False).json()["suspended"] is False

    def test_keeps_the_organizations_of_a_limited_one(self, api, northwind):
        limited = northwind.limited
        change(api, limited, roleName="Help Desk")
        assert list(limited.access.values_list("organization_id", flat=True)) == [northwind.clients[0].pk]
        assert Administrator.objects.get(pk=limited.pk).is_limited

    def test_written_back_as_it_was_read_changes_and_tells_nothing(self, api, northwind):
        for one in (northwind.owner, northwind.by_role[Role.ADMINISTRATOR], northwind.limited):
            read = api.get(f"/users/{one.pk}").json()
            assert change(api, one, **read).json() == read
        assert mails() == []
        assert not AuditEvent.objects.filter(action__startswith="administrator.").exists()


class TestARefusal:
    def test_keeps_the_last_who_administers_everything(self, api, northwind):
        for said in ({"roleName": "Read Only"}, {"suspended": True}):
            assert change(api, northwind.owner, **said).status_code == 409
        assert mails() == []

    @pytest.mark.parametrize("said", [{"roleName": "Boss"}, {"role": "0" * 24}, {"suspended": "yes"}, {"apiKeyAllowed": 1}])
    def test_of_what_it_cannot_mean(self, api, helper, said):
        assert change(api, helper, **said).status_code == 400

    def test_of_a_foreign_one_is_as_of_none(self, api, cast):
        answers = [api.put(f"/users/{pk}", {"suspended": True}) for pk in (cast.bluefin.owner.pk, "0" * 24)]
        assert [answer.status_code for answer in answers] == [404, 404]

    def test_of_a_key_that_may_not(self, northwind, helper):
        assert change(client_of(northwind, Role.ADMINISTRATOR), helper, suspended=True).status_code == 403
