"""The body of v1's searches: filters in JSON, terms, fields, order and page, shown with the users of an organization."""

import pytest

from tests.cast import user
from usage.models import User

SEARCH = "/search/systemusers"


@pytest.fixture
def people(acme):
    """Acme's first user and three more."""
    for name, last_name, state in [("ada", "Fox", "active"), ("bob|x", "fox*", "staged"), ("cy", "Élan", "active")]:
        user(acme.organization, name, last_name=last_name, state=state)
    return acme


@pytest.fixture
def found(at_acme, people):
    """The user names that a body finds."""

    def search(**body):
        answer = at_acme.post(SEARCH, body)
        assert answer.status_code == 200, answer.content
        return {row["username"] for row in answer.json()["results"]}

    return search


def message(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["message"]


EVERYONE = {"acme.user1", "ada", "bob|x", "cy"}


class TestASearch:
    @pytest.mark.parametrize("body", [None, {}, {"filter": None}, {"filter": [{}]}, {"filter": {"or": []}}, {"searchFilter": {}}])
    def test_for_nothing_is_the_list(self, at_acme, people, body):
        assert at_acme.post(SEARCH, body).json() == at_acme.get("/systemusers").json()

    def test_tells_how_many_there_are_and_leads_nowhere_as_a_link_can_hold_no_body(self, at_acme, people):
        answer = at_acme.post(SEARCH, {"limit": 1, "skip": 1, "sort": "username", "fields": "username"})
        assert [row["username"] for row in answer.json()["results"]] == ["ada"]
        assert (answer.json()["totalCount"], answer["x-total-count"], answer.has_header("Link")) == (4, "4", False)

    def test_changes_nothing_so_that_who_may_see_may_search(self, at_acme, people):
        before = User.objects.count()
        at_acme.post(SEARCH, {"username": "eve", "email": "eve@x.example"})
        assert User.objects.count() == before

    def test_gives_a_thousand_at_once_and_no_more(self, at_acme):
        assert at_acme.post(SEARCH, {"limit": 1000}).status_code == 200
        assert message(at_acme.post(SEARCH, {"limit": 1001})).endswith("exceeds maximum value of 1000")

    def test_takes_from_the_address_what_its_body_leaves_out(self, at_acme, people):
        answer = at_acme.post(f"{SEARCH}?limit=2&sort=-username&fields=email", {"fields": ["username", "state"]})
        assert [set(row) for row in answer.json()["results"]] == [{"_id", "id", "username", "state"}] * 2
        assert answer.json()["results"][0]["username"] == "cy"

    @pytest.mark.parametrize("fields", ["username email", "username,email", ["username", "email"]])
    def test_chooses_fields_in_every_form(self, at_acme, people, fields):
        assert set(at_acme.post(SEARCH, {"fields": fields}).json()["results"][0]) == {"_id", "id", "username", "email"}


class TestTheFilter:
    @pytest.mark.parametrize(
        ("written", "names"),
        [
            ([{"username": "ada"}], {"ada"}),
            ({"username": "ada"}, {"ada"}),
            ([{"username": {"$eq": "ada"}}], {"ada"}),
            ([{"lastname": "Fox", "state": "ACTIVATED"}], {"ada"}),
            ([{"lastname": "Fox"}, {"state": "STAGED"}], set()),
            ({"and": [{"lastname": "Fox"}, {"username": "ada"}]}, {"ada"}),
            ({"or": [{"lastname": "Élan"}, {"state": "STAGED"}]}, {"cy", "bob|x"}),
            ([{"$or": [{"username": "ada"}, {"$and": [{"username": "cy"}, {"state": "ACTIVATED"}]}]}], {"ada", "cy"}),
            ({"or": [{"username": "ada"}], "and": [{"username": "cy"}]}, set()),
            ([{"username": {"$ne": "ada"}}, {"username": {"$nin": ["cy", "acme.user1"]}}], {"bob|x"}),
            ([{"username": {"$in": ["bob|x", "cy"]}}], {"bob|x", "cy"}),
            ([{"username": {"$in": r"bob\|x|cy"}}], {"bob|x", "cy"}),
            ([{"username": {"$gt": "ada", "$lt": "cy"}}], {"bob|x"}),
            ([{"suspended": False}, {"activated": {"$eq": False}}], {"bob|x"}),
            ([{"created": {"$gt": "2020-01-01T00:00:00.0000000+01:00"}}], EVERYONE),
            (["username:$sw:a", "email:$co:@acme,lastname:$eq:Fox"], {"ada"}),
            ("username:$in:ada|cy", {"ada", "cy"}),
            ([{"lastname": None}], set()),
            ([{"lastname": {"$ne": None}}], EVERYONE),
        ],
    )
    def test_finds(self, found, written, names):
        assert found(filter=written) == names

    @pytest.mark.parametrize(
        ("pattern", "names"),
        [
            (r"(?i)(^ADA$)", {"ada"}),
            (r"(?i)^acme\.", {"acme.user1"}),
            (r"(?i)USER1$", {"acme.user1"}),
            (r"(?i)D", {"ada"}),
            (r"^ADA$", set()),
            (r"^ada$", {"ada"}),
            (r"^a", {"ada", "acme.user1"}),
            (r"a$", {"ada"}),
            (r"b\|x", {"bob|x"}),
            (r"^acme.user1$", None),
        ],
    )
    def test_understands_patterns_of_literal_text(self, at_acme, found, pattern, names):
        written = [{"username": {"$regex": pattern}}]
        if names is None:
            assert "more than literal text" in message(at_acme.post(SEARCH, {"filter": written}))
        else:
            assert found(filter=written) == names

    def test_takes_a_star_in_a_pattern_for_itself(self, found):
        assert found(filter=[{"lastname": {"$regex": r"^fox\*$"}}]) == {"bob|x"}
        assert found(filter=[{"lastname": {"$regex": r"^fo\*$"}}]) == set()

    @pytest.mark.parametrize(
        ("written", "told"),
        [
            (7, "A filter is a list of conditions"),
            ([True], "A filter is a list of conditions"),
            ({"or": 7}, "A filter is a list of conditions"),
            ({"department": "IT"}, "cannot be filtered by"),
            ({"department": None}, "cannot be filtered by"),
            ({"username": {"$like": "a"}}, "is not an operator"),
            ({"username": {"$ieq": "a"}}, "is not an operator"),
            ({"username": {"": "a"}}, "is not an operator"),
            ({"username": ["a"]}, "A value is a text"),
            ({"username": {"$eq": {"a": 1}}}, "A value is a text"),
            ({"username": {"$in": [["a"]]}}, "A value is a text"),
            ({"username": {"$gt": None}}, "A value is a text"),
            ({"username": {"$in": ["a"] * 21}}, "at most 20 values"),
            ({"username": {"$between": ["a"]}}, "two values"),
            ({"username": {"$regex": 7, "$options": "i"}}, "is not an operator"),
            ({"username": "a\0"}, "character that no row has"),
            ({"username": {"$regex": "a\0"}}, "character that no row has"),
            ({"\ud800": "a"}, "cannot be filtered by"),
            ({"username": "\ud800"}, "character that no row has"),
            ({"activated": "perhaps"}, "is not a flag"),
            ({"activated": {"$regex": "^true"}}, "looks into text"),
            ({"state": {"$regex": "^A"}}, "looks into text"),
            ({"created": 1e300}, "is not a time"),
            ({"created": "2026-13-01"}, "is not a time"),
            ([{"username": "a"}] * 21, "At most 20 conditions"),
            (["username:eq:a"] * 21, "At most 20 conditions"),
            (",".join(["username:eq:a"] * 21), "At most 20 conditions"),
            ("username", "is not a filter"),
        ],
    )
    def test_refuses_what_it_cannot_mean(self, at_acme, written, told):
        assert told in message(at_acme.post(SEARCH, {"filter": written}))


class TestTheTerm:
    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            ({"searchTerm": "ELAN"}, {"cy"}),
            ({"searchTerm": "fox", "fields": ["lastname"]}, {"ada", "bob|x"}),
            ({"searchTerm": "fox", "fields": "username email"}, set()),
            ({"searchTerm": ["elan", "acme.user"], "fields": ["lastname", "username"]}, {"cy", "acme.user1"}),
            ({"searchTerm": ["elan", "user1"]}, {"cy", "acme.user1"}),
            ({"searchTerm": "%", "fields": ["username"]}, set()),
            ({"searchTerm": "", "fields": ["username"]}, EVERYONE),
        ],
    )
    def test_is_looked_for_in_the_fields_named_and_else_in_the_names(self, found, asked, names):
        assert found(searchFilter=asked) == names

    def test_finds_one_by_its_id(self, at_acme, people):
        asked = {"searchFilter": {"searchTerm": [people.user.pk], "fields": ["id"]}}
        assert [row["id"] for row in at_acme.post(SEARCH, asked).json()["results"]] == [people.user.pk]

    def test_narrows_what_the_filter_finds(self, found):
        assert found(filter=[{"state": "STAGED"}], searchFilter={"searchTerm": "fox", "fields": ["lastname"]}) == {"bob|x"}


class TestABody:
    @pytest.mark.parametrize(
        "body",
        [
            *("[", "[]", "7", '"ada"', '{"limit": "10"}', '{"limit": 1.5}', '{"limit": true}', '{"skip": -1}', '{"limit": 0}'),
            *('{"fields": 7}', '{"sort": ["department"]}', '{"sort": [7]}', '{"searchFilter": []}'),
            '{"searchFilter": {"searchTerm": 7}}',
            '{"searchFilter": {"searchTerm": "a", "fields": ["state"]}}',
            '{"searchFilter": {"searchTerm": "a\\u0000"}}',
            b"\xff\xfe",
            f'{{"filter": {"[" * 25}{"]" * 25}}}',
            f'{{"limit": {"9" * 5000}}}',
            f'{{"limit": {"9" * 30}}}',
        ],
    )
    def test_that_says_nothing_sensible_is_refused(self, at_acme, body):
        assert message(at_acme.post(SEARCH, body))
