"""`/api/openapi.json` for tools, `/api/docs` for people: the same document, the latter drawn by the server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.text import slugify

from accounts.doors import PublicRequest, public
from accounts.idempotency import HEADER
from accounts.roles import MSP_ROLES, Permission, roles_with
from msp_portal.lib.page import page
from msp_portal.openapi import Json, document


@dataclass(frozen=True)
class Row:
    """A parameter, or a field of a body: its name, type and bounds in words, what it means."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True)
class Answer:
    """What comes back at one status: its shape's fields, and an example."""

    status: int
    words: str
    fields: list[Row]
    example: str


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    roles: list[str]
    parameters: list[Row]
    body: list[Row]
    body_example: str
    answers: list[Answer]
    refusals: list[int]


@public("GET")
def openapi(request: PublicRequest) -> HttpResponse:
    """`/api/openapi.json`"""
    return JsonResponse(document())


@public("GET")
def docs(request: PublicRequest) -> HttpResponse:
    """`/api/docs`"""
    sections = _sections()
    nav = [{"label": tag, "url": f"#{slugify(tag)}", "icon": "chevron-right"} for tag, _ in sections]
    shown = {"sections": [(tag, slugify(tag), found) for tag, found in sections], "nav": nav}
    return page(request, "api/docs.html", {**shown, "url": settings.PORTAL_URL, "idempotency_header": HEADER})


@cache
def _sections() -> list[tuple[str, list[Operation]]]:
    """The operations by tag, in the order of the document."""
    found = document()
    schemas = found["components"]["schemas"]
    read = [(_tag(one), _operation(path, method, one, schemas)) for path, method, one in _each(found)]
    read.sort(key=lambda pair: pair[0])
    return [(tag, [operation for _, operation in group]) for tag, group in groupby(read, key=lambda pair: pair[0])]


def _each(found: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _tag(operation: Json) -> str:
    return str(operation["tags"][0])


def _operation(path: str, method: str, one: Json, schemas: Json) -> Operation:
    body: Json = next(iter(one.get("requestBody", {}).get("content", {}).values()), {})
    answers = {int(status): answer for status, answer in one["responses"].items()}
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        description=one.get("description", ""),
        roles=[str(role.label) for role in roles_with(Permission(one["x-permission"])) if role in MSP_ROLES],
        parameters=[_row(given["name"], given["schema"], given["required"], given) for given in one["parameters"]],
        body=_fields(body.get("schema", {}), schemas),
        body_example=_written(body.get("example")),
        answers=[_answer(status, answer, schemas) for status, answer in answers.items() if status < HTTPStatus.BAD_REQUEST],
        refusals=[status for status in answers if status >= HTTPStatus.BAD_REQUEST],
    )


def _answer(status: int, answer: Json, schemas: Json) -> Answer:
    content: Json = answer.get("content", {})
    words = " or ".join(kind for kind in content if kind != "application/json") or HTTPStatus(status).phrase
    media = content.get("application/json", {})
    return Answer(status, words, _fields(media.get("schema", {}), schemas), _written(media.get("example")))


def _fields(schema: Json, schemas: Json) -> list[Row]:
    """The fields of an object, of the objects in a list, or of the rows in an envelope."""
    shape = _resolved(schema, schemas)
    if shape.get("type") == "array":
        return _fields(shape["items"], schemas)
    properties = shape.get("properties", {})
    rows = next((properties[name] for name in ("results", "records") if name in properties), None)
    if rows:
        return _fields(rows, schemas)
    return [_row(name, _resolved(inner, schemas), name in shape.get("required", []), inner) for name, inner in properties.items()]


def _resolved(schema: Json, schemas: Json) -> Json:
    found: Any = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found if isinstance(found, dict) else {}


def _row(name: str, schema: Json, is_required: bool, given: Json) -> Row:
    return Row(name, _kind(schema), is_required, given.get("description", "") or schema.get("description", ""))


def _kind(schema: Json) -> str:
    """Type and bounds in a few words."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(word) for word in schema["enum"])
    kind = str(schema.get("format") or schema.get("type", "object"))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        kind += f", {low:,} to {high:,}"
    if "maxLength" in schema:
        kind += f", at most {schema['maxLength']:,} characters"
    return kind


def _written(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
