"""Answers of the JSON API that are the same at every address."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import structlog
from django.db import Error
from django.http import JsonResponse
from django.http.response import HttpResponseBase

log = structlog.get_logger(__name__)

R = TypeVar("R", bound=HttpResponseBase)


def json_error(status: int, message: str = "", headers: dict[str, str] | None = None) -> JsonResponse:
    """`{"code", "status", "message"}`: all that clients of the vendor's API look for. Without `message` it tells no more than the status."""
    words = HTTPStatus(status).phrase
    return JsonResponse({"code": status, "status": words, "message": message or words}, status=status, headers=headers)


def after_answer(response: R, act: Callable[[], None]) -> R:
    """Let `act` run when the server has sent `response`, so that nobody waits for it. Its failure is logged and changes nothing."""

    def run() -> None:
        try:
            act()
        except Error:
            log.warning("after_answer.failed", exc_info=True)

    response._resource_closers.append(run)  # type: ignore[attr-defined]  # Django offers no public way to run something once the answer is out
    return response
