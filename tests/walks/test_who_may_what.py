"""The acts that the roles are told apart by: caps, the contract, licence figures; what is refused stands in the audit log."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent
from tests.cast import sign_in
from usage.actions.licence_totals import recompute

FIGURES = "Licences in figures"


@pytest.fixture
def stage(the_stage):
    recompute(at=timezone.now())
    return the_stage


@pytest.fixture
def browser_of(stage):
    return lambda letter: sign_in(Client(), stage.administrators[letter])


def save_cap(browser, organization, number):
    return browser.post(reverse("cap", args=[organization.pk]), {"limit": "capped", "user_cap": number})


def events(action):
    return list(AuditEvent.objects.filter(action=action).values_list("actor_name", "outcome", "organization_id"))


class TestEditingACap:
    def test_is_done_by_the_billing_administrator_and_noted(self, stage, browser_of):
        assert save_cap(browser_of("B"), stage.acme, 7).status_code in {200, 303}
        assert stage.acme.seats.user_cap == 7
        noted = AuditEvent.objects.get(organization_id=stage.acme.pk, action__contains="cap", outcome="done")
        assert noted.actor_name == stage.northwind.owner.name

    @pytest.mark.parametrize("letter", "AIMHRLTO")
    def test_is_refused_to_everyone_else_and_noted(self, stage, browser_of, letter):
        assert save_cap(browser_of(letter), stage.acme, 7).status_code == 403
        assert stage.acme.seats.user_cap is None
        assert events("refused.edit_caps") == [(stage.administrators[letter].name, "refused", None)]

    def test_is_no_such_thing_to_a_foreign_msp(self, stage, browser_of):
        assert save_cap(browser_of("F"), stage.acme, 7).status_code == 404
        assert stage.acme.seats.user_cap is None


class TestTheLicenceFiguresAndTheContract:
    @pytest.mark.parametrize("letter", "BI")
    def test_are_shown_to_a_billing_role(self, browser_of, letter):
        browser = browser_of(letter)
        assert FIGURES in browser.get(reverse("usage")).content.decode()
        assert browser.get(reverse("contract")).headers["Content-Type"] == "application/pdf"

    @pytest.mark.parametrize(("letter", "whom"), [*((letter, "owner") for letter in "AMHR"), ("L", "contact")])
    def test_are_kept_from_the_others_who_read_whom_to_ask(self, stage, browser_of, letter, whom):
        """The wall lets an administrator limited to some organizations see no colleagues, so he reads the MSP's contact."""
        browser = browser_of(letter)
        page = browser.get(reverse("usage")).content.decode()
        assert FIGURES not in page
        assert {"owner": stage.northwind.owner.email, "contact": "help@northwind.example"}[whom] in page
        assert browser.get(reverse("contract")).status_code == 403
        assert [outcome for _, outcome, _ in events("refused.see_licenses")] == ["refused"]


class TestAFullHouse:
    def test_refuses_the_tenant_administrator_with_the_msps_contact_and_notes_it(self, stage, browser_of):
        stage.acme.cap(1)
        answer = browser_of("T").post(
            reverse("organization-users", args=[stage.acme.pk]),
            {"user_name": "late", "email": "late@x.example", "first_name": "", "last_name": ""},
        )
        assert answer.status_code == 422
        for contact in ("Cora Contact", "help@northwind.example", "+1 555 0100", 'value="late"'):
            assert contact in answer.content.decode()
        assert stage.acme.seats.users == 1
        assert events("refused.user_cap_reached") == [(stage.acme.administrator.name, "refused", stage.acme.pk)]

    def test_lets_suspend_and_reactivate(self, stage, browser_of):
        stage.acme.cap(1)
        browser, user = browser_of("T"), stage.acme.user
        for act, state in (("suspension", "suspended"), ("reactivation", "active")):
            browser.post(reverse(f"organization-user-{act}", args=[stage.acme.pk, user.pk]))
            user.refresh_from_db()
            assert user.state == state
        assert stage.acme.seats.users == 1
