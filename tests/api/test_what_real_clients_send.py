"""What the vendor's SDKs, module and command line put on the wire, over real HTTP (design: provider-api 3): all of it is tolerated."""

import pytest

from tests.api.live import live_client_of
from tests.cast import user
from usage.models import Device

JSON = "application/json"
AGENTS = [
    "Swagger-Codegen/4.0.0/python",
    "Swagger-Codegen/5.0.0/python",
    "Swagger-Codegen/4.0.0/ruby",
    "OpenAPI-Generator/1.0.0/go",
    "jc/0.9.1 (Go; linux/amd64)",
    "",
]
LISTS = ["/systemusers", "/systems", "/organizations", "/v2/providers/{provider}/organizations"]
SEARCHES = ["/search/systemusers", "/search/systems", "/search/organizations"]
FULL = {
    "username": "eve",
    "email": "eve@x.example",
    "firstname": "Eve",
    "lastname": "Ox",
    "displayname": "E",
    "state": "ACTIVATED",
    "suspended": False,
    "activated": True,
    "allow_public_key": True,
    "unix_uid": 5001,
    "attributes": [{"name": "a", "value": "b"}],
    "addresses": [],
    "mfa": {"exclusion": False},
    "password": "correct horse",
    "employeeIdentifier": "7",
    "department": "IT",
}


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def at_acme(live_portal, cast, acme):
    return live_client_of(live_portal, cast.northwind).at(acme)


@pytest.fixture
def ada(acme):
    return user(acme.organization, "ada", first_name="Ada Mary", last_name="Fox")


def names(answer):
    assert answer.status == 200, answer.body
    return [row["username"] for row in answer.json()["results"]]


def machine(acme):
    return Device.objects.create(provider_id=acme.organization.provider_id, organization=acme.organization, name="acme-pc")


def test_a_content_type_without_a_body(at_acme, acme, ada):
    for path in (*LISTS, "/users/getSelf", f"/systemusers/{ada.pk}"):
        answer = at_acme.send("GET", path, **{"Content-Type": JSON})
        assert (answer.status, answer.headers["Content-Type"]) == (200, JSON), path
    for path in SEARCHES:
        assert at_acme.send("POST", path, **{"Content-Type": JSON}).status == 200, path
    for path in (f"/systemusers/{ada.pk}", f"/systems/{machine(acme).pk}"):
        assert at_acme.send("DELETE", path, **{"Content-Type": JSON}).status == 200, path


@pytest.mark.parametrize("body", [b"{}", b"not JSON at all"])
def test_a_body_with_a_delete(at_acme, acme, ada, body):
    for path in (f"/systemusers/{ada.pk}?cascade_manager=null", f"/systems/{machine(acme).pk}"):
        answer = at_acme.send("DELETE", path, body, **{"Content-Type": JSON})
        assert (answer.status, answer.json()["organization"]) == (200, acme.pk), path


def test_json_under_any_name_or_none(at_acme):
    """curl calls every body a form's, and some clients call it nothing."""
    for number, kind in enumerate([JSON, f"{JSON}; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", None]):
        headers = {"Content-Type": kind} if kind else {}
        added = at_acme.send("POST", "/systemusers", {"username": f"eve{number}", "email": "eve@x.example"}, **headers)
        assert (added.status, added.json()["username"]) == (200, f"eve{number}"), kind
        asked = {"filter": [{"username": f"eve{number}"}]}
        assert names(at_acme.send("POST", "/search/systemusers", asked, **headers)) == [f"eve{number}"], kind


def test_more_fields_than_are_kept(at_acme):
    answer = at_acme.send("POST", "/systemusers?fullValidationDetails=password", FULL, **{"Content-Type": JSON, "Accept": JSON})
    assert (answer.status, answer.json()["displayname"]) == (200, "Eve Ox")
    assert b"correct horse" not in answer.body


def test_lists_of_fields_in_one_parameter(at_acme, ada):
    for query in (
        "fields=username%2Cemail",
        "fields=username,email",
        "fields=username+email",
        "fields=username%20email",
        "fields%5B0%5D=username&fields%5B1%5D=email",
        "fields[]=username&fields[]=email",
    ):
        rows = at_acme.send("GET", f"/systemusers?{query}").json()["results"]
        assert [set(row) for row in rows] == [{"_id", "id", "username", "email"}] * 2, query


def test_orders_in_one_parameter(at_acme, ada):
    for query in ("sort=firstname%2C-_id", "sort=firstname+-_id", "sort=firstname%20-_id", "sort=firstname,-id"):
        assert names(at_acme.send("GET", f"/systemusers?{query}")) == ["acme.user1", "ada"], query


def test_conditions_in_one_parameter_or_several(at_acme, ada):
    for query in (
        "filter=firstname%3Aeq%3AAda+Mary%2Clastname%3Aeq%3AFox",
        "filter=firstname%3Aeq%3AAda%20Mary%2Clastname%3Aeq%3AFox",
        "filter=firstname:$eq:Ada%20Mary&filter=lastname:$eq:Fox",
        "filter%5B0%5D=firstname%3A%24eq%3AAda+Mary&filter%5B1%5D=lastname%3A%24eq%3AFox",
        "filter%5Bor%5D%5B0%5D=firstname%3A%24eq%3AAda+Mary&filter%5Bor%5D%5B1%5D=lastname%3A%24eq%3AOx",
        "search%5BsearchTerm%5D=mary&search%5Bfields%5D%5B%5D=firstname",
        "search=mary",
    ):
        assert names(at_acme.send("GET", f"/systemusers?{query}")) == ["ada"], query


def test_any_accept(at_acme):
    for kind in (f"{JSON}; charset=utf-8", "*/*", "application/pdf", "text/csv", "application/xml", ""):
        answer = at_acme.send("GET", "/systemusers", Accept=kind)
        assert (answer.status, answer.headers["Content-Type"]) == (200, JSON), kind


def test_a_slash_at_the_end(at_acme):
    """No redirect, which would lose what is sent."""
    for path in LISTS:
        assert at_acme.send("GET", f"{path}/").body == at_acme.send("GET", path).body
        assert at_acme.send("GET", f"{path}/?limit=1").status == 200
    added = at_acme.send("POST", "/systemusers/", {"username": "eve", "email": "eve@x.example"})
    one = f"/systemusers/{added.json()['id']}/"
    assert (added.status, at_acme.send("PUT", one, {"lastname": "Ox"}).json()["displayname"]) == (200, "Ox")
    assert at_acme.send("POST", f"{one}state/activate/", {}).status == 200
    assert names(at_acme.send("POST", "/search/systemusers/", {"filter": [{"username": "eve"}]})) == ["eve"]
    assert at_acme.send("DELETE", one).status == 200


def test_any_user_agent(at_acme):
    for agent in AGENTS:
        assert at_acme.send("GET", "/users/getSelf?fields=provider", **{"User-Agent": agent}).json()["provider"], agent


def test_headers_of_other_addresses_and_in_any_case(at_acme, acme):
    tolerated = {"x-eventually-consistent": "true", "x-unfiltered-total-count": "1", "If-None-Match": 'W/"1"', "Cookie": "a=b"}
    assert at_acme.send("GET", "/systemusers", **tolerated).status == 200
    assert at_acme.send("GET", "/systemusers", **{"X-API-KEY": at_acme.key, "X-Org-Id": acme.pk}).status == 200
    for path in ("/organizations", "/users/getSelf", "/v2/providers/{provider}/organizations"):  # which need no x-org-id
        assert at_acme.send("GET", path).status == 200, path


def test_answers_are_such_as_they_can_read(at_acme, ada):
    for state in ("STAGED", "ACTIVATED", "SUSPENDED"):
        at_acme.send("POST", "/systemusers", {"username": state, "email": "a@x.example", "state": state})
    answer = at_acme.send("GET", "/systemusers?limit=4")
    assert {row["state"] for row in answer.json()["results"]} <= {"STAGED", "ACTIVATED", "SUSPENDED"}
    assert (answer.headers["x-total-count"], answer.json()["totalCount"]) == ("5", 5)
    assert 'rel="next"' in answer.headers["Link"]
    assert answer.headers["Content-Length"] == str(len(answer.body))
    head = at_acme.send("HEAD", "/systemusers?limit=4")
    assert (head.status, head.body) == (200, b"")
