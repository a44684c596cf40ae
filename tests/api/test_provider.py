"""The provider itself: what it is called, whom its clients turn to, and whether it may create organizations."""

import pytest
from django.db import ProgrammingError
from django.utils import timezone

from accounts.models import Provider
from accounts.roles import MSP_ROLES
from msp_portal.lib import tenancy
from tests.api.client import client_of

PROVIDER = "/v2/providers/{provider}"


def shown(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()


class TestTheProvider:
    def test_tells_its_name_and_whom_its_clients_turn_to(self, api, northwind):
        assert shown(api.get(PROVIDER)) == {
            "id": northwind.pk,
            "name": "Northwind MSP",
            "disallowOrgCreation": False,
            "contact": {"name": "Cora Contact", "email": "help@northwind.example"},
        }

    def test_tells_that_it_may_create_no_organizations(self, api, northwind):
        Provider.objects.filter(pk=northwind.pk).update(organization_creation_disallowed_at=timezone.now())
        assert shown(api.get(PROVIDER))["disallowOrgCreation"] is True

    def test_tells_the_fields_wanted(self, api, northwind):
        assert shown(api.get(f"{PROVIDER}?fields=name")) == {"id": northwind.pk, "name": "Northwind MSP"}

    def test_that_is_foreign_is_as_unknown_as_none(self, api, cast):
        foreign, unknown = api.get(f"/v2/providers/{cast.bluefin.pk}"), api.get(f"/v2/providers/{'0' * 24}")
        assert (foreign.status_code, foreign.content) == (404, unknown.content)

    @pytest.mark.parametrize("role", MSP_ROLES)
    def test_is_seen_by_a_key_of_every_role(self, northwind, role):
        assert client_of(northwind, role).get(PROVIDER).status_code == 200


class TestThatItMayCreateNoOrganizations:
    def test_is_forbidden_to_a_key_as_to_a_person(self, api, northwind):
        Provider.objects.filter(pk=northwind.pk).update(organization_creation_disallowed_at=timezone.now())
        answer = api.post(f"{PROVIDER}/organizations", {"name": "Elm Care"})
        assert (answer.status_code, answer.json()["message"][:29]) == (403, "New organizations are not all")
        Provider.objects.filter(pk=northwind.pk).update(organization_creation_disallowed_at=None)
        assert api.post(f"{PROVIDER}/organizations", {"name": "Elm Care"}).status_code == 201

    def test_is_changed_by_operators_alone(self, northwind):
        with pytest.raises(ProgrammingError, match="permission denied"), tenancy.scope(northwind.pk):
            Provider.objects.update(organization_creation_disallowed_at=None)
