"""The OpenAPI document is complete, and the page made of it readable."""

import re

import pytest
from django.test import Client

from msp_portal.api import api
from msp_portal.api_docs import _sections
from msp_portal.openapi import document, example_of, operations
from tests.api.table import ROLES, TABLE

DOCUMENT = "/api/openapi.json"


@pytest.fixture
def found(db):
    return Client().get(DOCUMENT).json()


def each(found):
    return [(f"{method} {path}", one) for path, methods in found["paths"].items() for method, one in methods.items()]


class TestTheDocument:
    def test_is_openapi_and_open_to_everyone(self, found):
        assert found["openapi"].startswith("3.1")
        assert found["components"]["securitySchemes"]["ApiKey"]["name"] == "x-api-key"

    def test_names_every_address_of_the_api(self, found):
        written = {f"/api{path}" for router in api._get_bound_routers() for path in router.path_operations}
        assert written == set(found["paths"])

    def test_names_each_operation_once_and_says_what_it_does(self, found):
        names = [one["operationId"] for _, one in each(found)]
        assert len(names) == len(set(names))
        assert all(one["summary"] and one["description"] and one["tags"] and one["x-permission"] for _, one in each(found))

    def test_describes_every_part_of_an_address(self, found):
        for place, one in each(found):
            described = {given["name"] for given in one["parameters"] if given["in"] == "path"}
            assert described == set(re.findall(r"{(\w+)}", place)), place

    def test_has_an_example_for_every_body_and_answer_in_json(self, found):
        for place, one in each(found):
            bodies = [one.get("requestBody", {}), *one["responses"].values()]
            media = [body["content"]["application/json"] for body in bodies if "application/json" in body.get("content", {})]
            assert all("example" in described for described in media), place

    def test_describes_the_refusals_of_the_door(self, found):
        for place, one in each(found):
            assert {"400", "401", "403", "404", "405", "429", "500", "503"} <= set(one["responses"]), place
            assert "Retry-After" in one["responses"]["429"]["headers"]

    def test_offers_an_idempotency_key_with_every_post(self, found):
        for place, one in each(found):
            offered = "Idempotency-Key" in {given["name"] for given in one["parameters"]}
            assert offered == place.startswith("post"), place

    def test_refers_to_nothing_that_it_lacks(self, found):
        wanted = set(re.findall(r"#/components/schemas/(\w+)", str(found)))
        assert wanted
        assert wanted <= set(found["components"]["schemas"])


class TestAnExample:
    def test_takes_what_the_fields_name_and_else_the_plainest(self):
        schema = {
            "type": "object",
            "properties": {
                "name": {"type": "string", "examples": ["Acme"]},
                "cap": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]},
                "days": {"type": "array", "items": {"type": "string", "format": "date"}},
                "inner": {"$ref": "#/components/schemas/Inner"},
            },
        }
        inner = {"Inner": {"type": "object", "properties": {"state": {"enum": ["Open", "Void"]}}}}
        assert example_of(schema, inner) == {"name": "Acme", "cap": 1, "days": ["2026-03-01"], "inner": {"state": "Open"}}


class TestThePage:
    def test_shows_every_operation(self, db):
        text = Client().get("/api/docs").content.decode()
        for _, one in operations(document()):
            assert f'id="{one["operationId"]}"' in text

    def test_is_there_with_a_slash_too(self, db):
        assert Client().get("/api/docs/").status_code == 200


class TestTheRoles:
    @pytest.mark.parametrize("name", TABLE)
    def test_named_on_the_page_are_those_of_the_table(self, name):
        shown = next(one for _, operations in _sections() for one in operations if one.id == name)
        assert set(shown.roles) == {ROLES[letter].label for letter in TABLE[name]}
