"""Directory users renamed, suspended and activated over v1's API."""

import pytest

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.api.client import client_of
from tests.api.refusals import fields_of, told
from tests.cast import user
from usage.models import User


def one(person):
    return f"/systemusers/{person.pk}"


def acts():
    found = AuditEvent.objects.filter(action__startswith="usage.user.").order_by("id")
    return list(found.values_list("action", flat=True))


@pytest.fixture
def staged(acme):
    return user(acme.organization, "stage", state=User.State.STAGED)


class TestChangingAUser:
    @pytest.fixture
    def change(self, at_acme, acme):
        """PUT Acme's user; the user as it was answered."""

        def put(**body):
            answer = at_acme.put(one(acme.user), body)
            assert answer.status_code == 200, answer.content
            assert answer.json() == at_acme.get(one(acme.user)).json()
            return answer.json()

        return put

    def test_renames_it_and_leaves_alone_what_is_not_named(self, change):
        body = change(firstname="Ada", lastname=" Fox ", email="ada@fox.example", jobTitle="Dentist")
        assert (body["username"], body["displayname"], body["email"]) == ("acme.user1", "Ada Fox", "ada@fox.example")
        assert change(firstname="", lastname=None)["displayname"] == "Fox"
        assert acts() == ["usage.user.edited"] * 2

    def test_suspends_and_activates_it_by_either_word(self, change, acme):
        acme.cap(1)
        for said, state in [
            ({"suspended": True}, "SUSPENDED"),
            ({"suspended": False}, "ACTIVATED"),
            ({"state": "SUSPENDED"}, "SUSPENDED"),
            ({"state": "ACTIVATED"}, "ACTIVATED"),
        ]:
            assert change(**said)["state"] == state
        assert acts() == ["usage.user.suspended", "usage.user.reactivated"] * 2
        assert acme.seats.users == 1

    def test_means_what_differs_when_all_that_was_read_is_written_back(self, at_acme, change):
        was = change()
        assert change(**{**was, "state": "SUSPENDED"})["suspended"]
        now = change()
        assert change(**{**now, "suspended": False})["state"] == "ACTIVATED"
        assert acts() == ["usage.user.suspended", "usage.user.reactivated"]

    def test_without_a_difference_writes_nothing(self, change):
        assert change(**change()) == change()
        assert acts() == []

    @pytest.mark.parametrize("said", [{"state": "ACTIVATED"}, {"activated": True}])
    def test_activates_a_staged_one(self, at_acme, staged, said):
        assert at_acme.put(one(staged), said).json()["state"] == "ACTIVATED"
        assert acts() == ["usage.user.activated"]

    def test_leaves_a_staged_one_staged_when_it_says_so(self, at_acme, staged):
        was = at_acme.get(one(staged)).json()
        assert at_acme.put(one(staged), {**was, "lastname": "Fox"}).json()["state"] == "STAGED"

    def test_never_stages_one(self, at_acme, acme):
        assert "Only a new user" in told(at_acme.put(one(acme.user), {"state": "STAGED"}))

    def test_refuses_contradictions(self, at_acme, staged):
        assert "contradict" in told(at_acme.put(one(staged), {"state": "ACTIVATED", "suspended": True}))
        assert acts() == []

    def test_takes_the_name_of_another_for_bad_and_changes_nothing_then(self, at_acme, acme, staged):
        answer = at_acme.put(one(staged), {"username": "Acme.User1", "suspended": True})
        assert fields_of(answer) == ["username"]
        staged.refresh_from_db()
        assert (staged.user_name, staged.state) == ("stage", "staged")

    @pytest.mark.parametrize(
        "body", ["[]", '"x"', "7", "[", '{"username": ""}', '{"email": "x"}', '{"state": "GONE"}', '{"suspended": "yes"}']
    )
    def test_refuses_what_it_cannot_mean(self, at_acme, acme, body):
        assert told(at_acme.put(one(acme.user), body))
        assert acts() == []


class TestAHelpDesksKey:
    @pytest.fixture
    def at_acme(self, northwind, acme):
        return client_of(northwind, Role.HELP_DESK).at(acme)

    def test_suspends_and_activates(self, at_acme, acme):
        assert at_acme.put(one(acme.user), {"suspended": True}).json()["state"] == "SUSPENDED"
        assert at_acme.post(f"{one(acme.user)}/state/activate").json()["state"] == "ACTIVATED"

    def test_suspends_with_all_that_it_read(self, at_acme, acme):
        was = at_acme.get(one(acme.user)).json()
        assert at_acme.put(one(acme.user), {**was, "suspended": True}).json()["state"] == "SUSPENDED"

    def test_renames_nobody_and_does_nothing_by_halves(self, at_acme, acme):
        answer = at_acme.put(one(acme.user), {"lastname": "Fox", "suspended": True})
        assert told(answer, 403) == "The role of this key may not add and remove users and devices."
        acme.user.refresh_from_db()
        assert acme.user.state == "active"
        assert AuditEvent.objects.filter(action="refused.edit_users").count() == 1


class TestActivating:
    @pytest.mark.parametrize("body", [None, {}, {"email": False}, {"email": "other@x.example"}])
    def test_makes_a_staged_user_active_whatever_it_says_of_mail(self, at_acme, acme, staged, body):
        acme.cap(2)
        answer = at_acme.post(f"{one(staged)}/state/activate", body)
        assert (answer.status_code, answer.json()["state"]) == (200, "ACTIVATED")
        assert acme.seats.users == 2

    def test_of_an_active_user_changes_nothing(self, at_acme, acme):
        assert at_acme.post(f"{one(acme.user)}/state/activate").status_code == 200
        assert acts() == []

    def test_needs_a_user_of_the_organization(self, api, birch, staged):
        assert told(api.at(birch).post(f"{one(staged)}/state/activate"), 404)
