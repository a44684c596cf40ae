"""Directory users over v1's API: listed, read, added, changed, activated and removed, within one organization."""

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.api.client import client_of
from tests.cast import user
from usage.models import User

LIST = "/systemusers"
NOBODY = "0" * 24
ADA = {"username": "ada", "email": "ada@acme.example"}


def one(person):
    return f"{LIST}/{person.pk}"


def told(answer, status=400):
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["code"] == status
    return body["message"]


def fields_of(answer):
    """The parts of the request that a 400 names."""
    return [part["field"] for detail in answer.json()["details"] for part in detail["fieldViolations"]]


def acts():
    found = AuditEvent.objects.filter(action__startswith="usage.user.").order_by("id")
    return list(found.values_list("action", flat=True))


@pytest.fixture
def staged(acme):
    return user(acme.organization, "stage", state=User.State.STAGED)


class TestTheList:
    def test_tells_of_each_user_and_how_many_there_are(self, at_acme, acme):
        assert at_acme.get(LIST).json() == {
            "results": [
                {
                    "_id": acme.user.pk,
                    "id": acme.user.pk,
                    "organization": acme.pk,
                    "username": "acme.user1",
                    "email": "acme.user1@acme.example",
                    "firstname": "",
                    "lastname": "",
                    "displayname": "acme.user1",
                    "state": "ACTIVATED",
                    "activated": True,
                    "suspended": False,
                    "account_locked": False,
                    "totp_enabled": False,
                    "mfa": {"configured": False},
                    "mfaEnrollment": {},
                    "created": acme.user.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                }
            ],
            "totalCount": 1,
        }

    def test_gives_a_thousand_at_once_and_no_more(self, at_acme):
        assert at_acme.get(f"{LIST}?limit=1000").status_code == 200
        assert told(at_acme.get(f"{LIST}?limit=1001")) == 'Bad Request: request parameter "limit" exceeds maximum value of 1000'

    def test_is_one_organizations(self, api, birch):
        assert [row["username"] for row in api.at(birch).get(LIST).json()["results"]] == ["birch.user1"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("filter=state:$eq:STAGED", {"stage"}),
            ("filter=state:$in:STAGED|SUSPENDED", {"stage", "gone"}),
            ("filter=suspended:$eq:true", {"gone"}),
            ("filter=activated:$ne:true", {"stage"}),
            ("filter[0]=username:$sw:g&filter[1]=email:$ew:.example", {"gone"}),
            ("filter[or][0]=username:$eq:stage&filter[or][1]=suspended:$eq:true", {"stage", "gone"}),
            ("filter=created:$gt:2999-01-01", set()),
            ("search=GON", {"gone"}),
            ("search[searchTerm]=elan&search[fields][]=lastname", {"gone"}),
            ("search[searchTerm]=elan&search[fields][]=username&search[fields][]=email", set()),
            ("search[searchTerm][]=stage&search[searchTerm][]=gone", {"stage", "gone"}),
        ],
    )
    def test_is_narrowed_in_the_forms_of_v1(self, at_acme, acme, staged, query, found):
        user(acme.organization, "gone", last_name="Élan", state=User.State.SUSPENDED, suspended_at=timezone.now())
        assert {row["username"] for row in at_acme.get(f"{LIST}?{query}").json()["results"]} == found

    def test_takes_alternatives_of_a_term_from_clients_that_say_so(self, at_acme, staged):
        query = f"{LIST}?filter=username:$sw:st|ac"
        assert at_acme.get(query).json()["totalCount"] == 0
        assert at_acme.get(query, **{"x-eventually-consistent": "true"}).json()["totalCount"] == 2

    def test_is_sorted_by_names_with_blanks_between(self, at_acme, staged):
        found = at_acme.get(f"{LIST}?sort=-activated username&fields=username").json()["results"]
        assert [row["username"] for row in found] == ["acme.user1", "stage"]

    @pytest.mark.parametrize("query", ["search[searchTerm]=a&search[fields][]=state", "search[searchTerm]=a&search[fields][]=x"])
    def test_refuses_to_look_into_what_is_no_text(self, at_acme, query):
        assert "cannot be searched in" in told(at_acme.get(f"{LIST}?{query}"))

    @pytest.mark.parametrize("query", [f"search={'a' * 201}", "search=%00", "&".join(["search=a"] * 21)])
    def test_refuses_terms_that_nothing_can_hold(self, at_acme, query):
        assert "too many terms" in told(at_acme.get(f"{LIST}?{query}"))

    def test_of_a_closed_organization_is_empty(self, api, northwind):
        closed = northwind.clients[1].organization
        User.objects.filter(organization=closed).delete()
        closed.close(at=timezone.now())
        assert api.at(closed).get(LIST).json() == {"results": [], "totalCount": 0}


class TestTheOrganizationThatARequestNames:
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_is_asked_for(self, api, method):
        answer = api.send(method, LIST)
        assert answer.status_code == 401
        assert answer.json() == {"code": 401, "status": "Unauthorized", "message": "Unauthorized: no organization selected"}

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_is_asked_for_with_one_user_too(self, api, acme, method):
        assert told(api.send(method, one(acme.user), {}), 401) == "Unauthorized: no organization selected"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_is_the_users(self, api, birch, acme, cast, method):
        other = api.at(birch)
        answers = {
            other.send(method, path, {}).content
            for path in (one(acme.user), one(cast.bluefin.clients[0].user), f"{LIST}/{NOBODY}")
        }
        assert answers == {b'{"code": 404, "status": "Not Found", "message": "Not Found"}'}
        assert User.objects.filter(pk=acme.user.pk).exists()

    def test_has_users_with_identifiers(self, at_acme):
        answer = at_acme.get(f"{LIST}/ada")
        assert told(answer)
        assert fields_of(answer) == ["user_id"]


class TestOneUser:
    def test_is_read(self, at_acme, acme):
        assert at_acme.get(one(acme.user)).json() == at_acme.get(LIST).json()["results"][0]

    def test_is_read_with_chosen_fields(self, at_acme, acme):
        assert set(at_acme.get(f"{one(acme.user)}?fields=username email").json()) == {"_id", "id", "username", "email"}


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


class TestRemovingAUser:
    @pytest.mark.parametrize("query", ["", "?cascade_manager=null"])
    def test_answers_200_with_the_user_and_frees_the_seat(self, at_acme, acme, query):
        was = at_acme.get(one(acme.user)).json()
        answer = at_acme.delete(one(acme.user) + query, {})
        assert (answer.status_code, answer.json()) == (200, was)
        assert acme.seats.users == 0
        assert told(at_acme.get(one(acme.user)), 404)
