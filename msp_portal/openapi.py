"""The OpenAPI 3.1 document of the JSON API: what ninja knows of the endpoints, and what holds for all of them."""

from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from accounts.api_door import ORGANIZATION_HEADER
from accounts.api_organization import organization_parameter
from accounts.idempotency import HEADER, LONGEST, REPLAYED
from msp_portal.api import api
from msp_portal.lib.wire.lists import ALWAYS

Json = dict[str, Any]

SECURITY: Final = {
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A key of the provider, from Account Management.",
    }
}
IDEMPOTENCY: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Any text of your own. The same request with the same key is done once and answered alike for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!#-~]+$"},
    "example": "import-2026-03-01-row-17",
}
NUMBER: Final = {"type": "integer", "minimum": 0}
RATE: Final = {
    "RateLimit-Limit": {"description": "Requests a minute that this key may make.", "schema": NUMBER},
    "RateLimit-Remaining": {"description": "Requests left now.", "schema": NUMBER},
    "RateLimit-Reset": {"description": "Seconds until all of them are there again.", "schema": NUMBER},
}
RETRY: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": NUMBER}}
ALLOW: Final = {"Allow": {"description": "The methods that the address takes.", "schema": {"type": "string"}}}
PAGED: Final = {
    "x-total-count": {"description": "How many rows match.", "schema": NUMBER},
    "Link": {"description": "Where the next and the previous page are (RFC 8288).", "schema": {"type": "string"}},
}
REPLAY: Final = {
    REPLAYED: {"description": "`true` when this is the answer kept for the Idempotency-Key.", "schema": {"type": "string"}}
}
HEADERS_AT: Final = {405: ALLOW, 429: RETRY, 503: RETRY}


@cache
def document() -> Json:
    """The whole document. Every body and answer in it has an example."""
    found = api.get_openapi_schema(path_prefix="api/")
    found["servers"] = [{"url": settings.PORTAL_URL}]
    found["security"] = [{"ApiKey": []}]
    found["components"]["securitySchemes"] = SECURITY
    for method, operation in operations(found):
        _complete(method, operation, found["components"]["schemas"])
    return dict(found)


def operations(found: Json) -> Iterator[tuple[str, Json]]:
    """Every operation of a document with its method."""
    for methods in found["paths"].values():
        yield from methods.items()


def example_of(schema: Json, schemas: Json) -> Any:
    """A value that the schema describes: the examples that its fields name, or the plainest value of their type."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for named in ("examples", "enum"):
        if schema.get(named):
            return schema[named][0]
    for named in ("example", "const", "default"):
        if named in schema:
            return schema[named]
    if "anyOf" in schema:
        return example_of(next((one for one in schema["anyOf"] if one.get("type") != "null"), {}), schemas)
    return _plainest(schema, schemas)


def _plainest(schema: Json, schemas: Json) -> Any:
    match schema.get("type"):
        case "object":
            return {name: example_of(inner, schemas) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [example_of(schema["items"], schemas)] if schema.get("items") else []
        case "string":
            return {"date-time": "2026-03-01T00:00:00Z", "date": "2026-03-01"}.get(schema.get("format", ""), "text")
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return None


def _complete(method: str, operation: Json, schemas: Json) -> None:
    parameters = operation["parameters"]
    for parameter in parameters:
        if isinstance(parameter.get("examples"), list):  # which a schema has; a parameter has one example
            parameter["example"] = parameter.pop("examples")[0]
    known = {str(parameter["name"]).lower() for parameter in parameters}
    shared = {ORGANIZATION_HEADER: organization_parameter(required=False), **({HEADER: IDEMPOTENCY} if method == "post" else {})}
    parameters += [one for name, one in shared.items() if name.lower() not in known]
    if "requestBody" in operation:
        _exemplify(operation["requestBody"], schemas)
    if "fields" in known:
        _let_fields_be_chosen(operation, schemas)
    is_paged = "skip" in known
    for status, answer in operation["responses"].items():
        _describe(int(status), answer, schemas, is_paged=is_paged, is_post=method == "post")


def _let_fields_be_chosen(operation: Json, schemas: Json) -> None:
    """Where `fields` chooses, a row is sure to have its id and nothing else: the answer's shape is a looser twin of the described one."""
    for status, answer in operation["responses"].items():
        for media in answer.get("content", {}).values() if int(status) < HTTPStatus.BAD_REQUEST else ():
            media["example"] = example_of(media["schema"], schemas)
            media["schema"] = _loosened(media["schema"], schemas)


def _loosened(schema: Json, schemas: Json) -> Json:
    if schema.get("type") == "array":
        return {**schema, "items": _loosened(schema["items"], schemas)}
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    whole = schemas[name]
    rows = next((field for field in ("results", "records") if field in whole["properties"]), None)
    if rows:
        twin = {**whole, "properties": {**whole["properties"], rows: _loosened(whole["properties"][rows], schemas)}}
    else:
        twin = {**whole, "required": [field for field in whole.get("required", []) if field in ALWAYS]}
    schemas[f"{name}OfChosenFields"] = twin
    return {"$ref": f"#/components/schemas/{name}OfChosenFields"}


def _describe(status: int, answer: Json, schemas: Json, *, is_paged: bool, is_post: bool) -> None:
    is_good = status < HTTPStatus.BAD_REQUEST
    headers = {
        **RATE,
        **HEADERS_AT.get(status, {}),
        **(PAGED if is_good and is_paged else {}),
        **(REPLAY if is_good and is_post else {}),
    }
    answer["headers"] = {**headers, **answer.get("headers", {})}
    if is_good:
        _exemplify(answer, schemas)
    else:
        for media in answer.get("content", {}).values():
            words = HTTPStatus(status).phrase
            media.setdefault("example", {"code": status, "status": words, "message": words})


def _exemplify(described: Json, schemas: Json) -> None:
    for media_type, media in described.get("content", {}).items():
        if media_type == "application/json":
            media.setdefault("example", example_of(media["schema"], schemas))
