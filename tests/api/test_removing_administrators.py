"""Removing administrators over the API, and what the owners are told of whatever a key does."""

from collections import Counter

import pytest
from django.utils import timezone

from accounts.actions.administrators import invite
from accounts.models import Administrator, ApiKey, AuditEvent
from accounts.roles import Role
from msp_portal.lib import tenancy
from tests import cast as people
from tests.api.administrators import LIST, NOBODY, NORA, field, made, mails, one, refused
from tests.api.client import client_of


class TestRemoving:
    @pytest.mark.parametrize("body", [None, {}, "{}"])
    def test_answers_204_with_nothing_whatever_is_sent_along(self, api, northwind, body):
        answer = api.delete(one(northwind.limited), body)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "Content-Type" not in answer
        assert not Administrator.objects.filter(pk=northwind.limited.pk).exists()

    def test_drops_the_links_and_keeps_the_key(self, api, northwind):
        acme = northwind.clients[0]
        api.delete(one(northwind.limited))
        links = api.get(f"/v2/organizations/{acme.pk}/administratorlinks?limit=100").json()
        assert northwind.limited.pk not in {link["administrator"] for link in links}
        noted = AuditEvent.objects.get(action="administrator.removed")
        assert (noted.actor_kind, noted.target_name) == ("api_key", northwind.limited.name)

    def test_keeps_the_last_administrator_with_billing(self, api, northwind):
        answer = api.delete(one(northwind.owner))
        assert "the last active Administrator With Billing" in refused(answer, 409)
        assert Administrator.objects.filter(pk=northwind.owner.pk).exists()
        assert mails() == [], "nothing was done, so nobody is told of it"
        assert AuditEvent.objects.get(action="refused.last_administrator").outcome == "refused"

    def test_removes_whoever_made_the_key(self, northwind):
        """A key is no person: nobody removes himself by it, and it outlives its maker."""
        api = client_of(northwind)
        people.administrator(northwind.provider, Role.ADMINISTRATOR_WITH_BILLING, first_name="Second")
        assert api.delete(one(northwind.owner)).status_code == 204
        assert api.get(LIST).status_code == 200

    def test_takes_an_invitation_back(self, api):
        place = made(api.post(LIST, NORA))
        assert api.delete(one(place)).status_code == 204
        assert api.post(LIST, NORA).status_code == 200, "the address is free again"

    def test_finds_nobody_else(self, api, cast, northwind):
        own, foreign = northwind.clients[0].administrator.pk, cast.bluefin.owner.pk
        unknown = api.delete(f"{LIST}/{NOBODY}")
        assert refused(unknown, 404) == "Not Found"
        for strange in (own, foreign):
            answer = api.delete(f"{LIST}/{strange}")
            assert (answer.status_code, answer.content) == (404, unknown.content)
            assert Administrator.objects.filter(pk=strange).exists()

    def test_is_no_deed_at_an_address_that_is_none(self, api):
        assert field(api.delete(f"{LIST}/nobody")) == "administrator_id"

    def test_by_two_at_once_is_done_by_one(self, committed, northwind):
        api = client_of(northwind)
        for number in range(5):
            place = people.administrator(northwind.provider, Role.READ_ONLY, first_name=f"Gone{number}")
            answers = committed.together([lambda place=place: api.delete(one(place))] * 2)
            assert sorted(answer.status_code for answer in answers) == [204, 404]

    def test_of_the_last_two_owners_at_once_leaves_one(self, committed, northwind):
        api = client_of(northwind)
        for number in range(5):
            people.administrator(northwind.provider, Role.ADMINISTRATOR_WITH_BILLING, first_name=f"Second{number}")
            owners = Administrator.objects.filter(provider=northwind.provider, role=Role.ADMINISTRATOR_WITH_BILLING)
            answers = committed.together([lambda owner=owner: api.delete(one(owner)) for owner in owners])
            assert Counter(answer.status_code for answer in answers) == {204: 1, 409: 1}
            assert owners.active().count() == 1


class TestWhatTheOwnersAreTold:
    @pytest.fixture
    def second(self, northwind):
        return people.administrator(northwind.provider, Role.ADMINISTRATOR_WITH_BILLING, first_name="Second")

    def test_is_each_invitation_with_the_key_the_address_and_what_to_do(self, api, northwind, second):
        api.post(LIST, {**NORA, "firstname": "Nora", "lastname": "New", "roleName": "Manager"})
        told = [mail for mail in mails() if mail["to"] != ["nora@new.example"]]
        assert {tuple(mail["to"]) for mail in told} == {(northwind.owner.email,), (second.email,)}
        key = ApiKey.objects.get(provider=northwind.provider)
        what = f"The key “{key}” invited Nora New (nora@new.example) as Manager"
        for mail in told:
            assert mail["subject"] == what
            for word in (what, "127.0.0.1", "Northwind MSP", "revoke the key or renew it", "/administrators/", "/account/keys/"):
                assert word in mail["text"]
                assert word in mail["html"]

    def test_is_each_removal_the_removed_one_too(self, api, northwind, second):
        api.delete(one(second))
        assert {tuple(mail["to"]) for mail in mails()} == {(northwind.owner.email,), (second.email,)}
        assert f"removed {second.name} ({second.email}), who was Administrator With Billing" in mails()[0]["subject"]

    def test_is_told_to_no_one_else(self, api, northwind, second):
        second.suspend(at=timezone.now())
        api.delete(one(northwind.limited))
        assert [mail["to"] for mail in mails()] == [[northwind.owner.email]]

    def test_is_nothing_when_a_person_does_it(self, northwind):
        person = {"first_name": "", "last_name": "", "organizations": [], "limited": False, "api_access": False}
        with tenancy.scope(northwind.pk):
            invite(provider=northwind.provider, by=northwind.owner, at=timezone.now(), role=Role.READ_ONLY, **NORA, **person)
        assert [mail["to"] for mail in mails()] == [["nora@new.example"]]

    def test_is_written_safely_whatever_a_name_is(self, api):
        api.post(LIST, {**NORA, "firstname": "<b>Bold</b>\nTo: x", "lastname": "{{ url }}"})
        told = mails()[-1]
        assert "<b>Bold" not in told["html"]
        assert "\n" not in told["subject"]
        assert "{{ url }}" in told["text"]
