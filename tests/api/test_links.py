"""Links between administrators and organizations, from both ends."""

import pytest
from django.utils import timezone

from accounts.models import Access, Administrator, AuditEvent, Organization
from accounts.roles import MSP_ROLES, PERMISSIONS, Permission
from tests import cast as people
from tests.api.client import client_of

NOBODY = "0" * 24


def links(administrator):
    return f"/v2/administrators/{getattr(administrator, 'pk', administrator)}/organizationlinks"


def administrators(organization):
    return f"/v2/organizations/{getattr(organization, 'pk', organization)}/administratorlinks"


def linked(api, administrator):
    answer = api.get(f"{links(administrator)}?limit=100")
    assert answer.status_code == 200, answer.content
    assert {link["administrator"] for link in answer.json()} <= {administrator.pk}
    return [link["organization"] for link in answer.json()]


@pytest.fixture
def acme(northwind):
    return northwind.clients[0]


@pytest.fixture
def birch(northwind):
    return northwind.clients[1]


@pytest.fixture
def closed(northwind):
    return Organization.objects.create(provider=northwind.provider, name="Dune Shut", closed_at=timezone.now())


@pytest.fixture
def manager(northwind):
    """Reaches Acme Dental only."""
    return northwind.limited


class TestTheLinksOfAnAdministrator:
    def test_are_a_bare_list_of_the_organizations_given(self, api, manager, acme):
        assert api.get(links(manager)).json() == [{"administrator": manager.pk, "organization": acme.pk}]

    def test_are_all_open_organizations_where_the_access_is_not_limited(self, api, northwind, acme, birch, closed):
        later = Organization.objects.create(provider=northwind.provider, name="Made Later")
        assert linked(api, northwind.owner) == [acme.pk, birch.pk, later.pk]

    def test_leave_out_what_was_closed(self, api, manager, acme, closed):
        people.give_access(manager, closed)
        assert linked(api, manager) == [acme.pk]

    def test_come_in_pages(self, api, northwind, acme, birch):
        answer = api.get(f"{links(northwind.owner)}?limit=1&skip=1")
        assert [link["organization"] for link in answer.json()] == [birch.pk]
        assert answer["x-total-count"] == "2"
        assert 'rel="prev"' in answer["Link"]

    def test_are_no_ones_but_the_msps_own(self, api, cast, acme):
        unknown = api.get(links(NOBODY))
        assert unknown.status_code == 404
        for strange in (cast.bluefin.owner, acme.administrator):
            assert api.get(links(strange)).content == unknown.content

    def test_have_an_identifier_for_their_address(self, api):
        assert api.get(links("nobody")).status_code == 400


class TestTheLinksOfAnOrganization:
    def test_are_all_of_the_msps_own_who_reach_it(self, api, northwind, acme, birch, manager):
        everyone = set(Administrator.objects.filter(provider=northwind.provider, organization=None).values_list("pk", flat=True))
        for client, expected in ((acme, everyone), (birch, everyone - {manager.pk})):
            answer = api.get(f"{administrators(client)}?limit=100")
            assert answer.status_code == 200
            assert {(link["administrator"], link["organization"]) for link in answer.json()} == {
                (pk, client.pk) for pk in expected
            }

    def test_agree_with_those_of_each_administrator(self, api, northwind, acme):
        there = {link["administrator"] for link in api.get(f"{administrators(acme)}?limit=100").json()}
        own = Administrator.objects.filter(provider=northwind.provider, organization=None)
        assert there == {one.pk for one in own if acme.pk in linked(api, one)}

    def test_are_as_unknown_at_a_foreign_or_closed_one_as_at_none(self, api, cast, closed):
        unknown = api.get(administrators(NOBODY))
        assert unknown.status_code == 404
        for strange in (cast.bluefin.clients[0], closed):
            assert api.get(administrators(strange)).content == unknown.content


class TestLinking:
    def test_answers_201_with_the_link_and_is_noted(self, api, manager, acme, birch):
        answer = api.post(links(manager), {"organization": birch.pk})
        assert (answer.status_code, answer.json()) == (201, {"administrator": manager.pk, "organization": birch.pk})
        assert linked(api, manager) == [acme.pk, birch.pk]
        noted = AuditEvent.objects.get(action="administrator.linked")
        assert (noted.actor_kind, noted.target_id, noted.organization_id) == ("api_key", manager.pk, birch.pk)
        assert noted.details["changes"] == {"organization": [None, "Birch Legal"]}

    def test_twice_is_answered_alike_and_done_once(self, api, manager, birch):
        answers = [api.post(links(manager), {"organization": birch.pk}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert Access.objects.filter(administrator=manager).count() == 2
        assert AuditEvent.objects.filter(action="administrator.linked").count() == 1

    def test_at_once_is_done_once(self, committed, northwind, manager, birch):
        api = client_of(northwind)
        answers = committed.together([lambda: api.post(links(manager), {"organization": birch.pk})] * 3)
        assert [answer.status_code for answer in answers] == [201] * 3
        assert Access.objects.filter(administrator=manager).count() == 2

    def test_one_who_reaches_everything_changes_nothing(self, api, northwind, birch):
        answer = api.post(links(northwind.owner), {"organization": birch.pk})
        assert answer.json() == {"administrator": northwind.owner.pk, "organization": birch.pk}
        assert not Access.objects.filter(administrator=northwind.owner).exists()
        assert not AuditEvent.objects.filter(action="administrator.linked").exists()

    def test_to_a_foreign_organization_is_as_impossible_as_to_none(self, api, cast, manager):
        unknown = api.post(links(manager), {"organization": NOBODY})
        assert unknown.status_code == 404
        assert api.post(links(manager), {"organization": cast.bluefin.clients[0].pk}).content == unknown.content
        assert Access.objects.filter(administrator=manager).count() == 1

    def test_someone_elses_administrator_is_as_impossible_as_nobody(self, api, cast, acme, birch):
        unknown = api.post(links(NOBODY), {"organization": birch.pk})
        assert unknown.status_code == 404
        for strange in (cast.bluefin.limited, acme.administrator):
            assert api.post(links(strange), {"organization": birch.pk}).content == unknown.content
            assert Access.objects.filter(administrator=strange).count() == 1

    @pytest.mark.parametrize("body", [{}, {"organization": None}, {"organization": "acme"}, {"organization": 7}, [], None, "{"])
    def test_needs_the_identifier_of_an_organization(self, api, manager, body):
        assert api.post(links(manager), body).status_code == 400


class TestUnlinking:
    @pytest.mark.parametrize("body", [None, {}])
    def test_answers_204_with_nothing_and_is_noted(self, api, manager, acme, body):
        answer = api.delete(f"{links(manager)}/{acme.pk}", body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert linked(api, manager) == []
        manager.refresh_from_db()
        assert manager.is_limited, "without links he reaches nothing, not everything"
        noted = AuditEvent.objects.get(action="administrator.unlinked")
        assert (noted.organization_id, noted.details["changes"]) == (acme.pk, {"organization": ["Acme Dental", None]})

    def test_one_who_reaches_everything_is_refused_with_what_to_do(self, api, northwind, acme):
        answer = api.delete(f"{links(northwind.owner)}/{acme.pk}")
        assert answer.status_code == 409
        assert "Limit the access to some organizations in the portal first" in answer.json()["message"]
        northwind.owner.refresh_from_db()
        assert not northwind.owner.is_limited
        assert AuditEvent.objects.get(action="refused.reaches_everything").outcome == "refused"

    def test_what_is_not_linked_is_as_unknown_as_what_is_foreign_or_none(self, api, cast, manager, birch):
        unknown = api.delete(f"{links(manager)}/{NOBODY}")
        assert unknown.status_code == 404
        for strange in (birch, cast.bluefin.clients[0]):
            assert api.delete(f"{links(manager)}/{strange.pk}").content == unknown.content

    def test_leaves_a_clients_own_administrator_alone(self, api, acme):
        assert api.delete(f"{links(acme.administrator)}/{acme.pk}").status_code == 404
        assert Access.objects.filter(administrator=acme.administrator).exists()


class TestAKeyOfEachRole:
    @pytest.mark.parametrize("role", MSP_ROLES)
    def test_does_what_the_table_of_permissions_says(self, northwind, manager, acme, birch, role):
        api, permissions = client_of(northwind, role), PERMISSIONS[role]
        sees, edits = Permission.SEE_ADMINISTRATORS in permissions, Permission.EDIT_ADMINISTRATORS in permissions
        assert api.get(links(manager)).status_code == (200 if sees else 403)
        assert api.get(administrators(acme)).status_code == (200 if sees else 403)
        assert api.post(links(manager), {"organization": birch.pk}).status_code == (201 if edits else 403)
        assert api.delete(f"{links(manager)}/{acme.pk}").status_code == (204 if edits else 403)


class TestALinkGiven:
    def test_is_what_the_administrator_sees_from_the_next_page_on(self, api, client, manager, birch):
        browser = people.sign_in(client, manager)
        assert "Birch Legal" not in browser.get("/organizations/").content.decode()
        api.post(links(manager), {"organization": birch.pk})
        assert "Birch Legal" in browser.get("/organizations/").content.decode()
