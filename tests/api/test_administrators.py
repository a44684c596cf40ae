"""The list of administrators over the API, and who may what with them."""

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import Administrator, Organization
from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from accounts.wire.roles import ROLE_IDS
from tests import cast as people
from tests.api.administrators import KEYS, LIST, NOBODY, NORA, of, one, results
from tests.api.client import client_of


def emails(answer):
    return {row["email"] for row in results(answer)}


@pytest.fixture
def reader(northwind):
    return northwind.by_role[Role.READ_ONLY]


class TestTheList:
    def test_tells_of_each_exactly_what_the_contract_names(self, api, reader):
        role = ROLE_IDS[Role.READ_ONLY]
        shown = of(api.get(f"{LIST}?limit=100"), reader)
        assert set(shown) == KEYS
        assert shown == {
            "id": reader.pk,
            "_id": reader.pk,
            "email": reader.email,
            "firstname": "Read",
            "lastname": "Read Only",
            "enableMultiFactor": False,
            "registered": True,
            "suspended": False,
            "apiKeyAllowed": False,
            "apiKeySet": False,
            "role": role,
            "roleName": "Read Only",
            "roles": [role],
            "roleNames": ["Read Only"],
            "organizationAccessTotal": 2,
        }

    def test_holds_the_msps_own_and_not_those_of_its_clients(self, api, northwind):
        answer = api.get(f"{LIST}?limit=100")
        own = Administrator.objects.filter(provider=northwind.provider, organization=None)
        assert emails(answer) == set(own.values_list("email", flat=True))
        assert answer.json()["totalCount"] == own.count() == len(results(answer))

    def test_counts_the_open_organizations_that_each_reaches(self, api, northwind):
        Organization.objects.create(provider=northwind.provider, name="Cedar Inn")
        closed = Organization.objects.create(provider=northwind.provider, name="Dune Shut", closed_at=timezone.now())
        people.give_access(northwind.limited, closed)
        shown = api.get(f"{LIST}?limit=100")
        assert of(shown, northwind.owner)["organizationAccessTotal"] == 3
        assert of(shown, northwind.limited)["organizationAccessTotal"] == 1

    def test_counts_none_where_there_is_none(self, api, northwind):
        for client in northwind.clients:
            client.user.delete()
        Organization.objects.filter(provider=northwind.provider).update(closed_at=timezone.now())
        shown = api.get(f"{LIST}?limit=100")
        assert of(shown, northwind.owner)["organizationAccessTotal"] == 0
        assert of(shown, northwind.limited)["organizationAccessTotal"] == 0

    def test_tells_who_signs_in_with_a_second_factor(self, api, northwind, cast, reader):
        for place in (reader, cast.bluefin.owner):
            Authenticator.objects.create(user=place.person, type="totp", data={})
        shown = results(api.get(f"{LIST}?limit=100"))
        assert {row["email"] for row in shown if row["enableMultiFactor"]} == {reader.email}
        Authenticator.objects.update(type="recovery_codes")
        assert of(api.get(f"{LIST}?limit=100"), reader)["enableMultiFactor"] is False

    def test_tells_who_may_generate_keys(self, api, northwind):
        Administrator.objects.filter(pk=northwind.suspended.pk).update(api_access_at=timezone.now())
        allowed = {row["email"] for row in results(api.get(f"{LIST}?limit=100")) if row["apiKeyAllowed"]}
        assert allowed == {northwind.owner.email, northwind.suspended.email}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("filter=roleName:eq:Help Desk", {"Help Desk"}),
            (f"filter=role:eq:{ROLE_IDS[Role.HELP_DESK]}", {"Help Desk"}),
            (f"filter=role:in:{ROLE_IDS[Role.HELP_DESK]}|{ROLE_IDS[Role.BILLING_ONLY]}", {"Help Desk", "Billing Only"}),
            (f"filter=role:eq:{NOBODY}", set()),
            ("filter=suspended:eq:true", {"Suspended"}),
            ("filter=suspended:ne:false", {"Suspended"}),
            ("filter=registered:eq:false", set()),
            ("filter=enableMultiFactor:eq:true", set()),
            ("filter=firstname:sw:Li", {"Limited"}),
            ("filter=lastname:search:help", {"Help Desk"}),
            ("filter=email:eq:help*,roleName:eq:Help Desk", {"Help Desk"}),
        ],
    )
    def test_is_filtered(self, api, query, found):
        rows = results(api.get(f"{LIST}?{query}"))
        assert {name for row in rows for name in (row["firstname"], row["lastname"]) if name in found} == found
        assert len(rows) == len(found)

    @pytest.mark.parametrize("name", ["email", "firstname", "lastname", "roleName", "id", "suspended", "registered"])
    def test_is_sorted_both_ways(self, api, name):
        up, down = (results(api.get(f"{LIST}?limit=100&sort={sign}{name}")) for sign in ("", "-"))
        assert [row[name] for row in up] == sorted(row[name] for row in up)
        assert [row[name] for row in down] == sorted((row[name] for row in down), reverse=True)

    def test_costs_as_many_statements_for_many_as_for_few(self, api, northwind, django_assert_max_num_queries):
        api.get(LIST)
        with django_assert_max_num_queries(100) as few:
            assert len(results(api.get(f"{LIST}?limit=2"))) == 2
        for number in range(20):
            people.administrator(northwind.provider, Role.MANAGER, first_name=f"Many{number}")
        with django_assert_max_num_queries(len(few)):
            assert len(results(api.get(f"{LIST}?limit=25"))) == 25


class TestAKeyOfEachRole:
    @pytest.mark.parametrize("role", MSP_ROLES)
    def test_does_what_the_table_of_permissions_says(self, northwind, role):
        api, permissions = client_of(northwind, role), PERMISSIONS[role]
        sees, edits = Permission.SEE_ADMINISTRATORS in permissions, Permission.EDIT_ADMINISTRATORS in permissions
        assert api.get(LIST).status_code == (200 if sees else 403)
        assert api.post(LIST, NORA).status_code == (200 if edits else 403)
        assert api.delete(one(northwind.limited)).status_code == (204 if edits else 403)
        assert edits is (role == Role.ADMINISTRATOR_WITH_BILLING)


class TestAForeignProvider:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_is_as_unknown_as_none(self, api, cast, method):
        answers = [getattr(api, method)(f"/v2/providers/{pk}/administrators") for pk in (cast.bluefin.pk, NOBODY)]
        assert answers[0].status_code == 404
        assert answers[0].content == answers[1].content

    def test_keeps_its_administrators(self, api, cast):
        answers = [api.delete(f"/v2/providers/{pk}/administrators/{cast.bluefin.limited.pk}") for pk in (cast.bluefin.pk, NOBODY)]
        assert answers[0].content == answers[1].content
        assert Administrator.objects.filter(pk=cast.bluefin.limited.pk).exists()
