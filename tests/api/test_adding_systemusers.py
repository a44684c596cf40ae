"""Directory users added over v1's API, up to the cap and no further."""

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from tests.api.refusals import fields_of, told
from usage.models import User

LIST = "/systemusers"
ADA = {"username": "ada", "email": "ada@acme.example"}


class TestAddingAUser:
    def test_answers_200_with_the_user_who_takes_a_seat(self, at_acme, acme):
        answer = at_acme.post(
            f"{LIST}?fullValidationDetails=password", {**ADA, "firstname": " Ada ", "lastname": "Fox", "password": "x"}
        )
        assert answer.status_code == 200
        body = answer.json()
        assert (body["username"], body["displayname"], body["state"]) == ("ada", "Ada Fox", "ACTIVATED")
        assert body == at_acme.get(f"{LIST}/{body['id']}").json()
        assert acme.seats.users == 2

    def test_is_noted_with_the_key(self, at_acme, acme):
        at_acme.post(LIST, ADA)
        noted = AuditEvent.objects.get(action="usage.user.added")
        assert (noted.actor_kind, noted.organization_id, noted.target_name) == ("api_key", acme.pk, "ada")

    @pytest.mark.parametrize(
        ("said", "state"),
        [
            ({"state": "STAGED"}, "STAGED"),
            ({"state": "SUSPENDED"}, "SUSPENDED"),
            ({"suspended": True}, "SUSPENDED"),
            ({"activated": False}, "STAGED"),
            ({"activated": False, "state": "ACTIVATED", "suspended": False}, "ACTIVATED"),
            ({"state": None, "suspended": None}, "ACTIVATED"),
        ],
    )
    def test_makes_it_in_the_state_asked_for_with_a_seat(self, at_acme, acme, said, state):
        body = at_acme.post(LIST, {**ADA, **said}).json()
        assert (body["state"], body["suspended"], body["activated"]) == (state, state == "SUSPENDED", state != "STAGED")
        assert acme.seats.users == 2

    def test_at_a_full_house_is_refused_in_every_state_with_whom_to_ask(self, at_acme, acme):
        acme.cap(1)
        words = "This organization has reached its user limit. Contact your MSP administrator to add more users."
        for state in ("STAGED", "ACTIVATED", "SUSPENDED"):
            answer = at_acme.post(LIST, {**ADA, "state": state})
            assert answer.status_code == 400
            assert answer.json() == {
                "code": 400,
                "status": "Bad Request",
                "message": words,
                "error": words,
                "organization": acme.pk,
                "cap": 1,
                "current": 1,
                "contact": {"name": "Cora Contact", "email": "help@northwind.example", "phone": "+1 555 0100"},
            }
        assert acme.seats.users == 1
        assert AuditEvent.objects.filter(action="refused.user_cap_reached", organization_id=acme.pk).count() == 3

    def test_takes_the_name_of_another_for_bad(self, at_acme, acme):
        answer = at_acme.post(LIST, {**ADA, "username": "ACME.user1"})
        assert "already exists" in told(answer)
        assert fields_of(answer) == ["username"]
        assert acme.seats.users == 1

    def test_for_a_suspended_provider_asks_for_payment(self, at_acme, northwind, acme):
        northwind.provider.suspended_at = timezone.now()
        northwind.provider.save(update_fields=["suspended_at"])
        assert "suspended" in told(at_acme.post(LIST, ADA), 402)
        assert acme.seats.users == 1

    def test_to_a_closed_organization_is_a_conflict(self, api, northwind):
        closed = northwind.clients[1].organization
        User.objects.filter(organization=closed).delete()
        closed.close(at=timezone.now())
        assert "closed" in told(api.at(closed).post(LIST, ADA), 409)

    @pytest.mark.parametrize(
        ("change", "field", "words"),
        [
            ({"username": "a" * 101}, "username", "at most 100 characters"),
            ({"username": "  "}, "username", "at least 1 character"),
            ({"username": None}, "username", "valid string"),
            ({"username": 7}, "username", "valid string"),
            ({"username": "a\0"}, "username", "cannot be kept"),
            ({"email": "a@b"}, "email", "no e-mail address"),
            ({"email": f"{'a' * 250}@b.example"}, "email", "at most 254 characters"),
            ({"firstname": "a" * 81}, "firstname", "at most 80 characters"),
            ({"lastname": "\ud800"}, "lastname", ""),
            ({"state": "ACTIVE"}, "state", "'STAGED', 'ACTIVATED' or 'SUSPENDED'"),
            ({"suspended": 1}, "suspended", "valid boolean"),
            ({"state": "STAGED", "suspended": True}, "state", "contradict"),
        ],
    )
    def test_names_what_it_cannot_take_and_its_bound(self, at_acme, acme, change, field, words):
        answer = at_acme.post(LIST, {**ADA, **change})
        assert words in told(answer)
        assert fields_of(answer) == [field]
        assert acme.seats.users == 1

    @pytest.mark.parametrize(
        "body", [None, "", "[", "[]", '"ada"', "null", "{}", '{"username": "ada"}', b"\xff", "[" * 30 + "]" * 30]
    )
    def test_needs_a_name_and_an_e_mail(self, at_acme, acme, body):
        assert told(at_acme.post(LIST, body))
        assert acme.seats.users == 1

    def test_takes_no_body_without_end(self, at_acme):
        assert told(at_acme.post(LIST, {**ADA, "attributes": "a" * 3_000_000}), 413)
