"""Every refusal of the JSON API has the one shape, writes nothing but its line in the audit log, and tells nothing of others."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.api.client import ApiClient, client_of

LIST = "/v2/providers/{provider}/organizations"
NOBODY = "0" * 24


def refusal(answer):
    body = answer.json()
    assert body["code"] == answer.status_code
    assert set(body) >= {"code", "status", "message"}
    return answer.status_code, body["status"]


class TestAKeyThatIsNotGood:
    def test_is_unauthorized_whatever_is_wrong(self, cast, northwind):
        bodies = {ApiClient(key, northwind.pk).get(LIST).content for key in ("", "mspk_x", "x" * 3000, "§")}
        assert bodies == {b'{"code": 401, "status": "Unauthorized", "message": "Unauthorized"}'}


class TestAnAddress:
    def test_that_names_no_identifier_is_a_bad_request(self, api):
        answer = api.get("/v2/providers/northwind/organizations")
        assert refusal(answer) == (400, "Bad Request")
        assert answer.json()["details"][0]["fieldViolations"][0]["field"] == "provider_id"

    def test_of_someone_else_is_as_unknown_as_none(self, api, cast):
        foreign = api.get(f"/v2/providers/{cast.bluefin.pk}/organizations")
        unknown = api.get(f"/v2/providers/{NOBODY}/organizations")
        assert refusal(foreign) == (404, "Not Found")
        assert foreign.content == unknown.content

    def test_that_is_none_is_not_found_in_json(self, api):
        assert refusal(api.get("/v2/nothing")) == (404, "Not Found")

    def test_refuses_other_methods_and_names_its_own(self, api):
        answer = api.send("PATCH", LIST)
        assert refusal(answer) == (405, "Method Not Allowed")
        assert "GET" in answer["Allow"]


class TestTheOrganizationHeader:
    def test_of_ones_own_is_tolerated_where_none_is_needed(self, api, northwind):
        assert api.at(northwind.clients[0]).get(LIST).status_code == 200

    def test_that_is_no_identifier_is_a_bad_request(self, api):
        assert refusal(api.at("acme").get(LIST)) == (400, "Bad Request")

    def test_of_someone_else_is_as_unknown_as_none(self, api, cast):
        foreign, unknown = api.at(cast.bluefin.clients[0]).get(LIST), api.at(NOBODY).get(LIST)
        assert refusal(foreign) == (404, "Not Found")
        assert foreign.content == unknown.content


class TestARoleThatMayNot:
    def test_is_forbidden_and_noted(self, northwind):
        api = client_of(northwind, Role.BILLING_ONLY)
        answer = api.get(LIST)
        assert refusal(answer) == (403, "Forbidden")
        assert answer.json()["message"] == "The role of this key may not see organizations."
        noted = AuditEvent.objects.get(action="refused.see_organizations")
        assert (noted.outcome, noted.actor_kind, noted.details["method"]) == ("refused", "api_key", "GET")

    def test_is_told_first_that_a_foreign_address_is_none(self, northwind, cast):
        answer = client_of(northwind, Role.BILLING_ONLY).get(f"/v2/providers/{cast.bluefin.pk}/organizations")
        assert refusal(answer) == (404, "Not Found")

    def test_reads_it_in_english_whatever_the_client_prefers(self, northwind):
        answer = client_of(northwind, Role.BILLING_ONLY).get(LIST, **{"Accept-Language": "de"})
        assert answer["Content-Language"] == "en"
        assert answer.json()["message"] == "The role of this key may not see organizations."


class TestWhatAListCosts:
    def test_is_four_statements_at_the_most(self, api, northwind):
        api.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            assert api.get(f"{LIST}?limit=1").status_code == 200
        said = [
            query["sql"] for query in asked if not query["sql"].lstrip().startswith(("SAVEPOINT", "RELEASE", "select set_config"))
        ]
        assert len(said) <= 4, said


class TestAnAnswer:
    def test_is_kept_by_no_cache(self, api):
        assert api.get(LIST)["Cache-Control"] == "no-store"
