"""Directory users over v1's API: listed, read and removed, within one organization."""

import pytest
from django.utils import timezone

from tests.api.refusals import fields_of, told
from tests.cast import user
from usage.models import User

LIST = "/systemusers"
NOBODY = "0" * 24
ADA = {"username": "ada", "email": "ada@acme.example"}


def one(person):
    return f"{LIST}/{person.pk}"


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


class TestRemovingAUser:
    @pytest.mark.parametrize("query", ["", "?cascade_manager=null"])
    def test_answers_200_with_the_user_and_frees_the_seat(self, at_acme, acme, query):
        was = at_acme.get(one(acme.user)).json()
        answer = at_acme.delete(one(acme.user) + query, {})
        assert (answer.status_code, answer.json()) == (200, was)
        assert acme.seats.users == 0
        assert told(at_acme.get(one(acme.user)), 404)
