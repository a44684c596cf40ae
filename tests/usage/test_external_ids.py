"""External ids of many organizations at once: all of a page are saved or none."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Organization
from accounts.roles import Role
from tests.billing.books import words_of
from tests.cast import sign_in

pytestmark = pytest.mark.django_db
ADDRESS = "external-ids"


@pytest.fixture
def reader(cast):
    return sign_in(Client(), cast.northwind.owner)


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0].organization


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1].organization


def save(reader, wanted, query="", was=""):
    """Post `wanted`, by organization, as the page with empty ids would."""
    data = {f"id-{organization.pk}": text for organization, text in wanted.items()}
    return reader.post(reverse(ADDRESS) + query, {**data, **{f"was-{organization.pk}": was for organization in wanted}})


def ids(*organizations):
    return [Organization.objects.get(pk=organization.pk).external_id for organization in organizations]


def test_are_saved_together_and_noted_one_by_one(reader, acme, birch):
    answer = save(reader, {acme: " ACC-1 ", birch: "ACC-1"})
    assert answer.status_code == 303
    assert ids(acme, birch) == ["ACC-1", "ACC-1"], "several clients may be one customer of the PSA"
    noted = AuditEvent.objects.filter(action="accounts.organization.edited").order_by("target_name")
    assert [(event.target_id, event.details["changes"]["external_id"]) for event in noted] == [
        (acme.pk, ["", "ACC-1"]),
        (birch.pk, ["", "ACC-1"]),
    ]
    assert "2 external ids were saved." in words_of(reader.get(answer.headers["Location"]))


def test_of_an_organization_that_no_id_can_name_are_a_conflict(reader, acme):
    answer = reader.post(reverse(ADDRESS), {f"id-{acme.pk}": "ACC-1", "id-\0": "ACC-2", f"was-{acme.pk}": ""})
    assert answer.status_code == 409
    assert ids(acme) == [""]


def test_that_stay_as_they_are_are_not_noted(reader, acme, birch):
    save(reader, {acme: "ACC-1", birch: ""})
    assert AuditEvent.objects.get(action="accounts.organization.edited").target_id == acme.pk


@pytest.mark.parametrize(("text", "said"), [("x" * 101, "At most 100 characters."), ("a\x07b", "can't be printed")])
def test_that_are_wrong_save_none_and_stay_as_typed(reader, acme, birch, text, said):
    answer = save(reader, {acme: text, birch: "ACC-2"})
    assert (answer.status_code, ids(acme, birch)) == (422, ["", ""])
    assert said in words_of(answer)
    assert 'value="ACC-2"' in answer.content.decode()
    assert save(reader, {acme: "x" * 100}).status_code == 303


def test_that_someone_changed_meanwhile_are_a_conflict(reader, acme, birch):
    Organization.objects.filter(pk=acme.pk).update(external_id="THEIRS")
    answer = save(reader, {acme: "MINE", birch: "ACC-2"}, query="?id=none")
    assert (answer.status_code, ids(acme, birch)) == (409, ["THEIRS", ""])
    page = answer.content.decode()
    assert "Meanwhile changed to: THEIRS" in page
    assert f'name="was-{acme.pk}" value="THEIRS"' in page
    assert 'value="MINE"' in page
    assert save(reader, {acme: "MINE"}, was="THEIRS").status_code == 303
    assert ids(acme) == ["MINE"]


def test_of_another_msp_are_out_of_reach(reader, cast, acme):
    foreign = cast.bluefin.clients[0].organization
    assert save(reader, {foreign: "STOLEN", acme: "ACC-1"}).status_code == 409
    assert ids(foreign, acme) == ["", ""]


def test_are_narrowed_to_those_without(reader, acme, birch):
    save(reader, {acme: "ACC-1"})
    page = reader.get(reverse(ADDRESS), {"id": "none"}).content.decode()
    assert f"id-{birch.pk}" in page
    assert f"id-{acme.pk}" not in page


def test_are_for_those_who_edit_organizations(cast, acme):
    junior = sign_in(Client(), cast.northwind.by_role[Role.ADMINISTRATOR])
    assert save(junior, {acme: "ACC-1"}).status_code == 403
    assert ids(acme) == [""]
