"""Answers of the JSON API that are the same at every address."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from django.db import Error
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=HttpResponseBase)


class WireError(Exception):
    """A normal refusal: the answer is `status` with the body of `json_error`, and nothing was written."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        details: list[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message)
        self.status, self.message, self.details, self.headers = status, message, details, headers

    def answer(self) -> JsonResponse:
        """What goes out."""
        more: dict[str, Any] = {} if self.details is None else {"details": self.details}
        return json_error(self.status, self.message, headers=self.headers, **more)


def json_error(status: int, message: str = "", *, headers: Mapping[str, str] | None = None, **more: object) -> JsonResponse:
    """`{"code", "status", "message"}`: all that clients of the vendor's API look for. Without `message` it tells no more than the status."""
    words = HTTPStatus(status).phrase
    body = {"code": status, "status": words, "message": message or words, **more}
    return JsonResponse(body, status=status, headers=dict(headers or {}))


class SaidOnce(JsonResponse):
    """An answer with a secret that is said this once: `body` and `secret` go out, and of them `body` alone is what is kept for whoever repeats
    the request with the same `Idempotency-Key`."""

    def __init__(self, body: Mapping[str, Any], secret: Mapping[str, Any], *, status: int = 200) -> None:
        super().__init__({**body, **secret}, status=status)
        self.content_to_keep = JsonResponse(dict(body)).content


def no_content() -> HttpResponse:
    """204: done, and there is nothing to say; so no type of it either."""
    answer = HttpResponse(status=204)
    del answer["Content-Type"]
    return answer


def bad_field(field: str, description: str) -> dict[str, Any]:
    """One entry of `details` in a 400: which part of the request is wrong and why, in the form of google.rpc.BadRequest."""
    return {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": description}],
    }


def refuse(field: str, description: str) -> WireError:
    """A 400 that names one part of the request."""
    return WireError(400, description, details=[bad_field(field, description)])


def after_answer(response: R, act: Callable[[], None]) -> R:
    """Let `act` run when the server has sent `response`, so that nobody waits for it. Its failure is logged and changes nothing."""

    def run() -> None:
        try:
            act()
        except Error:
            log.warning("after_answer.failed", exc_info=True)

    response._resource_closers.append(run)  # type: ignore[attr-defined]  # Django offers no public way to run something once the answer is out
    return response
