"""Requests for seats through the API: listed, granted in full or in part, declined; the same rules as on the pages."""

import pytest

from accounts.roles import Role
from tests.api.client import client_of
from tests.api.refusals import told
from tests.walks.stage import ask_for_seats

LIST = "/v2/providers/{provider}/usage/seat-requests"


@pytest.fixture
def asked(acme):
    acme.cap(1)
    return ask_for_seats(acme, seats=5)


def at(asked, act):
    return f"{LIST}/{asked.pk}/{act}"


class TestTheList:
    def test_has_each_request_with_the_cap_of_now(self, api, acme, birch, asked):
        ask_for_seats(birch, seats=2)
        found = api.get(LIST).json()
        assert found["totalCount"] == 2
        one = next(one for one in found["results"] if one["id"] == asked.pk)
        assert (one["organizationName"], one["seats"], one["state"], one["maxSystemUsers"]) == ("Acme Dental", 5, "OPEN", 1)
        assert "decidedAt" not in one
        assert "maxSystemUsers" not in found["results"][0]

    def test_can_be_narrowed_to_the_open_ones(self, api, birch, asked):
        api.post(at(asked, "decline"), {"answer": "No."})
        open_one = ask_for_seats(birch)
        found = api.get(f"{LIST}?filter=state:eq:OPEN").json()
        assert [one["id"] for one in found["results"]] == [open_one.pk]


class TestGranting:
    def test_without_a_number_grants_all(self, api, acme, asked):
        body = api.post(at(asked, "grant"), {}).json()
        assert (body["state"], body["grantedSeats"], body["maxSystemUsers"]) == ("GRANTED", 5, 6)
        assert acme.seats.user_cap == 6

    def test_grants_a_part(self, api, acme, asked):
        assert api.post(at(asked, "grant"), {"seats": 2, "answer": "Two."}).json()["grantedSeats"] == 2
        assert acme.seats.user_cap == 3

    def test_is_done_once_with_an_idempotency_key(self, api, acme, asked):
        first, again = (api.post(at(asked, "grant"), {}, **{"Idempotency-Key": "k"}) for _ in range(2))
        assert first.content == again.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert acme.seats.user_cap == 6

    def test_of_what_was_answered_tells_who_did_what(self, api, acme, asked):
        api.post(at(asked, "grant"), {"seats": 2})
        words = told(api.post(at(asked, "grant"), {}), 409)
        assert "granted 2 of the 5 seats" in words
        assert acme.seats.user_cap == 3

    def test_of_more_than_was_asked_is_refused(self, api, acme, asked):
        assert "At most the 5 seats" in told(api.post(at(asked, "grant"), {"seats": 6}))
        assert acme.seats.user_cap == 1

    def test_on_another_version_of_the_cap_is_refused(self, api, acme, asked):
        usage = f"/v2/providers/{{provider}}/usage/organizations/{acme.pk}"
        seen = api.get(usage).headers["ETag"]
        acme.cap(2)
        assert api.post(at(asked, "grant"), {}, **{"If-Match": seen}).status_code == 412
        assert acme.seats.user_cap == 2
        now = api.get(usage).headers["ETag"]
        assert api.post(at(asked, "grant"), {}, **{"If-Match": now}).json()["maxSystemUsers"] == 7

    def test_where_the_cap_was_lifted_is_a_conflict(self, api, acme, asked):
        acme.cap(None)
        assert "There is no user cap" in told(api.post(at(asked, "grant"), {}), 409)


class TestDeclining:
    def test_says_why_and_leaves_the_cap(self, api, acme, asked):
        body = api.post(at(asked, "decline"), {"answer": " Not now. "}).json()
        assert (body["state"], body["answer"], acme.seats.user_cap) == ("DECLINED", "Not now.", 1)

    @pytest.mark.parametrize("body", [{}, {"answer": ""}, {"answer": "  "}, {"answer": "\0"}, {"answer": "x" * 501}])
    def test_needs_a_reason_that_can_be_kept(self, api, asked, body):
        assert api.post(at(asked, "decline"), body).status_code == 400

    def test_needs_the_permission_of_caps(self, northwind, asked):
        key = client_of(northwind, Role.ADMINISTRATOR)
        assert told(key.post(at(asked, "decline"), {"answer": "No."}), 403) == "The role of this key may not edit user caps."
