"""Every field that takes the id of a row: an id of the foreign MSP, or out of reach, is no choice, with row-level security on and off."""

import importlib
import pkgutil

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

import accounts.forms
import billing.forms
import usage.forms
from accounts.models import Administrator
from tests.cast import sign_in
from tests.walks.test_every_address import no_row_level_security  # noqa: F401 - a fixture

INVITED = {"first_name": "Eve", "last_name": "New", "email": "eve@x.example", "role": "Manager", "limited": "on"}
CASE = {"subject": "Help", "kind": "Question", "product": "Provider Portal", "severity": "Severity 3", "description": "Why?"}
ALERT = {"kind": "cap_share", "percent": "80", "by_webhook": "on"}
# Form with a field of ids: the address that takes it, the field, and what else is posted.
FIELDS = {
    "InvitationForm": ("administrator-new", "organizations", INVITED),
    "CaseForm": ("cases", "organization", CASE),
    "AlertForm": ("alert-new", "organization", ALERT),
    "AlertTermsForm": ("alert", "administrators", {"by_email": "on"}),
    "MoveForm": ("organization-user-move", "organization", {}),
    "PlaceForm": ("administrator", "organizations", {"role": "Manager", "limited": "on"}),
}
# Lists that are narrowed to an organization named in the address.
NARROWED = ["users", "users-csv", "devices", "devices-csv"]


def forms_with_ids():
    for package in (accounts.forms, billing.forms, usage.forms):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, found in vars(importlib.import_module(module.name)).items():
                fields = getattr(found, "base_fields", {})
                if any(isinstance(field, forms.ModelChoiceField) for field in fields.values()):
                    yield name


def test_every_form_with_such_a_field_is_here():
    assert set(forms_with_ids()) == set(FIELDS)


@pytest.fixture(params=["with", "without"])
def wall(request):
    if request.param == "without":
        request.getfixturevalue("no_row_level_security")


@pytest.fixture
def stage(wall, the_stage):
    return the_stage


def path_of(stage, name):
    named = {
        "administrator": [stage.northwind.limited.pk],
        "alert": [stage.targets["rule_id"]],
        "organization-user-move": [stage.acme.pk, stage.acme.user.pk],
    }
    return reverse(name, args=named.get(name))


def id_for(field, msp, client):
    return msp.owner.pk if field == "administrators" else client.pk


def browser_of(administrator):
    return sign_in(Client(), administrator)


class TestAnIdOfTheForeignMsp:
    @pytest.mark.parametrize("form", FIELDS)
    def test_is_refused_at_the_field(self, stage, form):
        name, field, rest = FIELDS[form]
        manager = stage.northwind.limited
        path = path_of(stage, name)
        before = Administrator.objects.count(), set(manager.access.values_list("organization_id", flat=True))
        foreign = id_for(field, stage.bluefin, stage.bluefin.clients[0])
        answer = browser_of(stage.northwind.owner).post(path, {**rest, field: foreign})
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
        assert before == (Administrator.objects.count(), set(manager.access.values_list("organization_id", flat=True)))

    @pytest.mark.parametrize("form", FIELDS)
    def test_is_what_is_wrong_with_it(self, stage, form):
        """The control: with one of one's own the same form passes."""
        name, field, rest = FIELDS[form]
        own = id_for(field, stage.northwind, stage.birch)
        answer = browser_of(stage.northwind.owner).post(path_of(stage, name), {**rest, field: own})
        assert answer.status_code == 303

    @pytest.mark.parametrize("name", NARROWED)
    def test_narrows_a_list_to_nothing_of_theirs(self, stage, name):
        foreign = stage.bluefin.clients[0].pk
        answer = browser_of(stage.northwind.owner).get(reverse(name), {"organization": foreign})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"quartz" not in content.lower()

    def test_is_no_place_to_choose(self, stage):
        answer = browser_of(stage.northwind.owner).post(reverse("places"), {"place": stage.bluefin.owner.pk})
        assert answer.status_code == 404
