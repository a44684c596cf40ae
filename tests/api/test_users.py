"""`/api/users`: the MSP's own administrators as version 1 has them."""

import pytest

from accounts.models import Administrator
from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from tests.api.client import client_of

USERS, V2 = "/users", "/v2/providers/{provider}/administrators"
NOBODY = "0" * 24
NORA = {"email": "nora@new.example", "roleName": "Manager"}


def one(administrator):
    return f"{USERS}/{getattr(administrator, 'pk', administrator)}"


def ids(answer):
    assert answer.status_code == 200, answer.content
    return {row["_id"] for row in answer.json()["results"]}


@pytest.fixture
def acme(northwind):
    return northwind.clients[0]


@pytest.fixture
def birch(northwind):
    return northwind.clients[1]


class TestTheList:
    def test_is_that_of_version_2(self, api):
        assert api.get(f"{USERS}?limit=100").json() == api.get(f"{V2}?limit=100").json()

    def test_understands_the_dialect_of_version_1(self, api, northwind):
        answer = api.get(f"{USERS}?fields=email roleName&sort=-email&filter[0]=roleName:$eq:Help Desk")
        helper = northwind.by_role[Role.HELP_DESK]
        shown = {"id": helper.pk, "_id": helper.pk, "email": helper.email, "roleName": "Help Desk"}
        assert answer.json() == {"results": [shown], "totalCount": 1}

    def test_is_with_an_organization_those_who_reach_it(self, api, northwind, acme, birch):
        everyone = ids(api.get(f"{USERS}?limit=100"))
        assert ids(api.at(acme).get(f"{USERS}?limit=100")) == everyone
        assert ids(api.at(birch).get(f"{USERS}?limit=100")) == everyone - {northwind.limited.pk}


class TestOne:
    def test_is_the_same_as_in_the_list(self, api, northwind):
        listed = next(row for row in api.get(f"{USERS}?limit=100").json()["results"] if row["id"] == northwind.limited.pk)
        assert api.get(one(northwind.limited)).json() == listed
        assert set(api.get(f"{one(northwind.limited)}?fields=email").json()) == {"id", "_id", "email"}

    def test_is_found_at_an_organization_that_he_reaches(self, api, northwind, acme, birch):
        assert api.at(acme).get(one(northwind.limited)).status_code == 200
        assert api.at(birch).get(one(northwind.limited)).status_code == 404

    def test_who_is_strange_is_as_unknown_as_nobody(self, api, cast, acme):
        unknown = api.get(one(NOBODY))
        assert unknown.status_code == 404
        for strange in (cast.bluefin.owner, acme.administrator):
            assert api.get(one(strange)).content == unknown.content

    def test_has_an_identifier(self, api):
        assert api.get(one("nobody")).status_code == 400

    def test_does_not_hide_who_is_asking(self, api, northwind):
        assert api.get(f"{USERS}/getSelf").json()["provider"] == northwind.pk


class TestInviting:
    def test_is_that_of_version_2(self, api):
        answer = api.post(USERS, NORA)
        assert answer.status_code == 200
        assert answer.json() == api.get(one(answer.json()["id"])).json()
        assert api.post(V2, NORA).status_code == 409

    def test_with_an_organization_gives_that_one_alone(self, api, acme, birch):
        made = api.at(birch).post(USERS, NORA).json()
        assert made["organizationAccessTotal"] == 1
        links = api.get(f"/v2/administrators/{made['id']}/organizationlinks").json()
        assert [link["organization"] for link in links] == [birch.pk]

    def test_with_a_foreign_organization_is_refused(self, api, cast):
        assert api.at(cast.bluefin.clients[0]).post(USERS, NORA).status_code == 404
        assert not Administrator.objects.filter(email="nora@new.example").exists()


class TestRemoving:
    def test_answers_with_whom_it_removed(self, api, northwind):
        shown = api.get(one(northwind.limited)).json()
        answer = api.delete(one(northwind.limited), {})
        assert (answer.status_code, answer.json()) == (200, shown)
        assert api.delete(one(northwind.limited)).status_code == 404

    def test_keeps_the_last_administrator_with_billing(self, api, northwind):
        assert api.delete(one(northwind.owner)).status_code == 409

    def test_finds_nobody_else(self, api, cast, acme, birch, northwind):
        unknown = api.delete(one(NOBODY))
        for strange in (cast.bluefin.owner, acme.administrator):
            assert api.delete(one(strange)).content == unknown.content
            assert Administrator.objects.filter(pk=strange.pk).exists()
        assert api.at(birch).delete(one(northwind.limited)).content == unknown.content


class TestAKeyOfEachRole:
    @pytest.mark.parametrize("role", MSP_ROLES)
    def test_does_what_the_table_of_permissions_says(self, northwind, role):
        api, permissions = client_of(northwind, role), PERMISSIONS[role]
        sees, edits = Permission.SEE_ADMINISTRATORS in permissions, Permission.EDIT_ADMINISTRATORS in permissions
        assert api.get(USERS).status_code == (200 if sees else 403)
        assert api.get(one(northwind.limited)).status_code == (200 if sees else 403)
        assert api.post(USERS, NORA).status_code == (200 if edits else 403)
        assert api.delete(one(northwind.limited)).status_code == (200 if edits else 403)
