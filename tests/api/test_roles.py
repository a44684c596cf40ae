"""The roles as the API tells them."""

import re

import pytest

from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from accounts.wire.roles import ROLE_IDS, SCOPES
from tests.api.client import client_of

LIST = "/v2/roles"


def roles(answer):
    assert answer.status_code == 200, answer.content
    return {role["name"]: role for role in answer.json()["results"]}


class TestTheRoles:
    def test_are_those_that_one_can_be_invited_as(self, api):
        answer = api.get(LIST)
        assert list(roles(answer)) == [role.value for role in MSP_ROLES]
        assert (answer.json()["totalCount"], answer["x-total-count"]) == (6, "6")

    def test_tell_what_each_may_do_in_our_words_and_the_vendors(self, api):
        assert roles(api.get(LIST))["Help Desk"] == {
            "id": ROLE_IDS[Role.HELP_DESK],
            "name": "Help Desk",
            "description": "May see the account, see usage and user caps, see users and devices, suspend and reactivate users, "
            "see support cases, submit support cases.",
            "scopes": ["providers.readonly", "support", "support.readonly", "systems.readonly", "users.readonly"],
        }

    def test_promise_to_write_only_what_they_may(self, api):
        scopes = {name: set(role["scopes"]) for name, role in roles(api.get(LIST)).items()}
        assert all(scope.endswith(".readonly") for scope in scopes["Read Only"])
        assert "organizations.billing" in scopes["Administrator With Billing"]
        assert "organizations.billing" not in scopes["Administrator"]
        assert {name for name in scopes if "administrators" in scopes[name]} == {"Administrator With Billing"}

    def test_come_in_pages_and_with_the_fields_wanted(self, api):
        answer = api.get(f"{LIST}?limit=2&skip=1&fields=name")
        assert [set(role) for role in answer.json()["results"]] == [{"id", "name"}] * 2
        assert answer.json()["totalCount"] == 6
        assert 'rel="next"' in answer["Link"]

    @pytest.mark.parametrize("query", ["limit=101", "limit=x", "skip=-1"])
    def test_refuse_a_page_that_is_none(self, api, query):
        assert api.get(f"{LIST}?{query}").status_code == 400

    @pytest.mark.parametrize("role", MSP_ROLES)
    def test_are_told_to_who_sees_administrators(self, northwind, role):
        expected = 200 if Permission.SEE_ADMINISTRATORS in PERMISSIONS[role] else 403
        assert client_of(northwind, role).get(LIST).status_code == expected


class TestTheWordsOfTheWire:
    def test_are_there_for_every_permission(self):
        assert set(SCOPES) == set(Permission)

    def test_keep_the_identifiers_that_clients_have_stored(self):
        assert ROLE_IDS[Role.READ_ONLY] == "b9dd8dd9d547b5dbae22add0"
        assert len(set(ROLE_IDS.values())) == len(MSP_ROLES)
        assert all(re.fullmatch("[0-9a-f]{24}", identifier) for identifier in ROLE_IDS.values())
