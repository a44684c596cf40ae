"""Organizations over v1's API: the figures of the usage screen, and one organization with its settings."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Organization
from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from tests.api.client import client_of
from tests.api.refusals import fields_of, told
from tests.cast import user
from usage.models import Device, Licensing, Seats, User

LIST = "/organizations"
USAGE_SCREEN = (
    f"{LIST}?limit=10&skip=0&sortIgnoreCase=settings.name&fields%5B0%5D=id&fields%5B1%5D=displayName&fields%5B2%5D=systemsCount"
    "&fields%5B3%5D=systemUsersCount&fields%5B4%5D=highWaterMarkLastMonth&fields%5B5%5D=entitlement&fields%5B6%5D=maxSystemUsers"
)


def one(client):
    return f"{LIST}/{client.pk}"


def row_of(api, client):
    return next(row for row in api.get(LIST).json()["results"] if row["id"] == client.pk)


@pytest.fixture
def used(acme):
    """Acme had three users this month and has one; a device; a cap of 50; it was there last month with two."""
    for person in [user(acme.organization, "ada"), user(acme.organization, "bob")]:
        person.delete()
    Device.objects.create(provider_id=acme.organization.provider_id, organization=acme.organization, name="acme-pc")
    acme.cap(50)
    return acme


class TestTheList:
    def test_tells_the_figures_that_are_shown_and_billed(self, api, used, northwind):
        billed = Seats.objects.as_of(timezone.now()).get(pk=used.pk)
        row = row_of(api, used)
        assert row == {
            "_id": used.pk,
            "id": used.pk,
            "provider": northwind.pk,
            "displayName": "Acme Dental",
            "created": row["created"],
            "systemsCount": 1,
            "systemUsersCount": 1,
            "highWaterMark": 3,
            "maxSystemUsers": 50,
            "entitlement": {
                "capUserQuantity": True,
                "maxUserQuantity": 50,
                "entitlementProducts": [{"name": "Platform Plus", "maxUserCount": 50}],
            },
        }
        assert (billed.high_water_mark, billed.last_high_water_mark) == (3, None)

    def test_tells_last_months_mark_of_one_that_was_there(self, api, acme):
        with connection.cursor() as cursor:
            cursor.execute("select set_config('portal.clock', '2020-01-15', true)")
            old = Organization.objects.create(provider=acme.organization.provider, name="Old House")
            cursor.execute("select set_config('portal.clock', '', true)")
        row = next(row for row in api.get(f"{LIST}?search=old").json()["results"])
        assert (row["id"], row["highWaterMarkLastMonth"], row["highWaterMark"]) == (old.pk, 0, 0)

    def test_leaves_out_the_cap_that_there_is_none_of(self, api, birch):
        row = row_of(api, birch)
        assert "maxSystemUsers" not in row
        assert row["entitlement"] == {"capUserQuantity": False, "entitlementProducts": [{"name": "Platform Plus"}]}

    def test_answers_the_call_of_the_vendors_usage_screen(self, api, used, birch):
        Organization.objects.filter(pk=birch.pk).update(name="acme annex")
        answer = api.get(USAGE_SCREEN)
        assert [row["displayName"] for row in answer.json()["results"]] == ["acme annex", "Acme Dental"]
        assert set(answer.json()["results"][1]) == {
            *("_id", "id", "displayName", "systemsCount", "systemUsersCount", "entitlement", "maxSystemUsers"),
        }

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("sort=-systemUsersCount", ["Acme Dental", "Birch Legal"]),
            ("sort=-displayName", ["Birch Legal", "Acme Dental"]),
            ("sort=systemsCount highWaterMark", ["Birch Legal", "Acme Dental"]),
            ("sort=highWaterMarkLastMonth", ["Acme Dental", "Birch Legal"]),
            ("filter=maxSystemUsers:$gte:50", ["Acme Dental"]),
            ("filter=highWaterMark:$gt:2", ["Acme Dental"]),
            ("filter=highWaterMark:$gt:99999999999", []),
            ("filter=systemUsersCount:$in:1|7", ["Acme Dental", "Birch Legal"]),
            ("search=LEGAL", ["Birch Legal"]),
            ("search[searchTerm]=dental&search[fields][]=displayName", ["Acme Dental"]),
        ],
    )
    def test_is_narrowed_and_sorted_by_its_figures(self, api, used, query, found):
        assert [row["displayName"] for row in api.get(f"{LIST}?{query}").json()["results"]] == found

    def test_holds_open_organizations_only(self, api, birch):
        close(birch)
        assert [row["displayName"] for row in api.get(LIST).json()["results"]] == ["Acme Dental"]

    def test_tolerates_the_name_of_an_organization_that_clients_send_along(self, at_acme, acme):
        assert at_acme.get(LIST).json()["totalCount"] == 2

    def test_is_answered_with_a_slash_at_the_end(self, api):
        assert api.get(f"{LIST}/?limit=1").json()["totalCount"] == 2

    def test_costs_four_statements_whatever_it_shows(self, api, used):
        api.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            assert api.get(f"{LIST}?limit=1").status_code == 200
        ours = ("SAVEPOINT", "RELEASE", "select set_config")
        assert len([query for query in asked if not query["sql"].lstrip().startswith(ours)]) <= 4

    def test_says_of_no_contract_that_there_is_no_package(self, api, northwind, used):
        Licensing.objects.filter(provider=northwind.provider).delete()
        assert row_of(api, used)["entitlement"]["entitlementProducts"] == []


class TestASearch:
    def test_asks_for_the_list_in_a_body(self, api, used):
        asked = {"filter": [{"maxSystemUsers": 50}, {"systemUsersCount": {"$lte": 1}}], "fields": ["displayName"]}
        found = api.post("/search/organizations", asked).json()
        assert found == {"results": [{"_id": used.pk, "id": used.pk, "displayName": "Acme Dental"}], "totalCount": 1}

    def test_for_those_without_a_cap_asks_for_null(self, api, used):
        found = api.post("/search/organizations", {"filter": {"maxSystemUsers": None}}).json()["results"]
        assert [row["displayName"] for row in found] == ["Birch Legal"]


class TestOneOrganization:
    def test_is_its_row_of_the_list_with_its_settings(self, api, used):
        Organization.objects.filter(pk=used.pk).update(contact_name="Ada Fox", contact_email="ada@acme.example")
        settings = {"name": "Acme Dental", "contactName": "Ada Fox", "contactEmail": "ada@acme.example", "maxSystemUsers": 50}
        assert api.get(one(used)).json() == {**row_of(api, used), "settings": settings}

    def test_is_read_with_chosen_fields(self, api, acme):
        assert set(api.get(f"{one(acme)}?fields=settings").json()) == {"_id", "id", "settings"}

    def test_is_still_read_when_it_is_closed(self, api, birch):
        close(birch)
        assert api.get(one(birch)).json()["systemUsersCount"] == 0

    def test_of_another_msp_is_as_unknown_as_none(self, api, cast):
        foreign = api.get(one(cast.bluefin.clients[0]))
        assert foreign.status_code == 404
        assert foreign.content == api.get(f"{LIST}/{'0' * 24}").content


class TestChangingSettings:
    @pytest.fixture
    def put(self, api, acme):
        """PUT settings of Acme; the answer's settings."""

        def change(**settings):
            answer = api.put(one(acme), {"settings": settings})
            assert answer.status_code == 200, answer.content
            assert answer.json() == api.get(one(acme)).json()
            return answer.json()["settings"]

        return change

    def test_changes_what_is_named_and_answers_with_the_whole(self, put):
        assert put(name="  Acme   Dental Two ", maxSystemUsers=7) == {
            "name": "Acme Dental Two",
            "contactName": "",
            "contactEmail": "",
            "maxSystemUsers": 7,
        }
        contact = {"contactName": "Ada Fox", "contactEmail": "ada@acme.example"}
        assert put(**contact) == {"name": "Acme Dental Two", **contact, "maxSystemUsers": 7}
        assert put(contactEmail="")["contactEmail"] == ""
        assert acts() == ["usage.cap.changed", *["accounts.organization.edited"] * 3]

    @pytest.mark.parametrize("nothing", [0, None])
    def test_takes_no_cap_to_be_written_as_0_or_null(self, put, acme, nothing):
        acme.cap(50)
        assert "maxSystemUsers" not in put(maxSystemUsers=nothing)
        assert acme.seats.user_cap is None

    def test_without_a_difference_writes_nothing(self, api, put, acme):
        acme.cap(50)
        assert put(**put()) == put(name=None, contactName=None)
        assert api.put(one(acme), {}).status_code == 200
        assert acts() == []

    def test_ignores_settings_that_are_not_kept(self, put):
        assert put(requireAdminMFA=True, logo="x", passwordPolicy={"minLength": 8})["name"] == "Acme Dental"

    @pytest.mark.parametrize(
        ("settings", "field", "words"),
        [
            *(
                ({"maxSystemUsers": cap}, "settings.maxSystemUsers", "1 to 10000")
                for cap in (10_001, -1, 1.5, 7.0, True, "7", [7], 10**30)
            ),
            ({"name": "  "}, "settings.name", "1 to 255 characters"),
            ({"name": "a" * 256}, "settings.name", "1 to 255 characters"),
            ({"name": 7}, "settings.name", "valid string"),
            ({"name": "a\0"}, "settings.name", "cannot be kept"),
            ({"contactName": "a" * 121}, "settings.contactName", "at most 120 characters"),
            ({"contactEmail": "ada"}, "settings.contactEmail", "no e-mail address"),
        ],
    )
    def test_names_what_it_cannot_take_and_its_bound(self, api, acme, settings, field, words):
        answer = api.put(one(acme), {"settings": settings})
        assert words in told(answer)
        assert fields_of(answer) == [field]
        assert acts() == []

    @pytest.mark.parametrize("body", [None, "[]", "7", "[", '{"settings": []}', '{"settings": "x"}'])
    def test_needs_an_object(self, api, acme, body):
        assert api.put(one(acme), body).status_code == 400

    def test_to_the_name_of_another_is_a_conflict(self, api, acme):
        answer = api.put(one(acme), {"settings": {"name": "BIRCH legal", "maxSystemUsers": 7}})
        assert answer.status_code == 409
        assert acme.seats.user_cap is None

    def test_of_a_closed_organization_is_a_conflict(self, api, birch):
        close(birch)
        assert api.put(one(birch), {"settings": {"maxSystemUsers": 7}}).status_code == 409

    def test_of_another_msps_is_as_unknown_as_none(self, api, cast):
        quartz = cast.bluefin.clients[0]
        foreign = api.put(one(quartz), {"settings": {"maxSystemUsers": 7}})
        assert foreign.status_code == 404
        assert foreign.content == api.put(f"{LIST}/{'0' * 24}", {"settings": {"maxSystemUsers": 7}}).content
        assert quartz.seats.user_cap is None

    @pytest.mark.parametrize("settings", [{"name": "New"}, {"maxSystemUsers": 7}, {"contactName": "New"}])
    def test_is_refused_to_a_role_that_may_not(self, northwind, acme, settings):
        answer = client_of(northwind, Role.ADMINISTRATOR).put(one(acme), {"settings": settings})
        assert answer.status_code == 403
        assert (acme.seats.user_cap, acts()) == (None, [])


class TestTheVersion:
    def test_lets_pass_who_has_seen_it_and_nobody_else(self, api, acme):
        seen = api.get(one(acme))["ETag"]
        assert api.put(one(acme), {"settings": {"maxSystemUsers": 7}}, **{"If-Match": seen}).status_code == 200
        late = api.put(one(acme), {"settings": {"maxSystemUsers": 9}}, **{"If-Match": seen})
        assert (late.status_code, acme.seats.user_cap) == (412, 7)

    def test_is_the_same_when_users_come_although_the_tag_is_another(self, api, acme):
        seen = api.get(one(acme))["ETag"]
        user(acme.organization, "ada")
        assert api.get(one(acme))["ETag"] != seen
        assert api.put(one(acme), {"settings": {"maxSystemUsers": 7}}, **{"If-Match": seen}).status_code == 200

    def test_is_the_one_of_v2(self, api, acme):
        path = f"/v2/providers/{{provider}}/organizations/{acme.pk}"
        seen = api.put(path, {"name": "Acme Two"})["ETag"]
        assert api.put(one(acme), {"settings": {"maxSystemUsers": 7}}, **{"If-Match": seen}).status_code == 200
        assert api.put(path, {"maxSystemUsers": 9}, **{"If-Match": seen}).status_code == 412


@pytest.mark.parametrize("role", MSP_ROLES)
class TestARole:
    def test_reads_usage_if_it_may_and_licence_figures_only_if_it_may(self, northwind, used, role):
        row = row_of(client_of(northwind, role), used)
        assert ("entitlement" in row) == (Permission.SEE_LICENSES in PERMISSIONS[Role(role)])

    def test_reads_contacts_only_if_it_may_see_organizations(self, northwind, used, role):
        answer = client_of(northwind, role).get(one(used))
        assert answer.status_code == (200 if Permission.SEE_ORGANIZATIONS in PERMISSIONS[Role(role)] else 403)


def acts():
    found = AuditEvent.objects.filter(outcome="done").exclude(action__startswith="api_key.").order_by("id")
    return list(found.values_list("action", flat=True))


def close(client):
    User.objects.filter(organization=client.organization).delete()
    client.organization.close(at=timezone.now())
