"""`Idempotency-Key`: a POST that a script repeats, because it never heard the answer, is done once and answered alike.

The claim of a key is a row of the act's own transaction. Whoever sends the same key meanwhile waits for that row: after a commit the answer
is read from it, after a rollback (the act was refused, so nothing was written) the next one tries the act itself.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.bounds import IDEMPOTENT_ANSWERS_KEPT_FOR
from accounts.models import ApiKey, IdempotentAnswer
from msp_portal.lib.wire.answers import SaidOnce, WireError, refuse

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotent-Replayed"
LONGEST: Final = 255
HEADERS_KEPT: Final = ("Content-Type", "ETag", "Location", "x-total-count")

CLAIM: Final = """
    insert into accounts_idempotentanswer (provider_id, api_key_id, key, fingerprint, created_at, headers, body)
    values (%s, %s, %s, %s, %s, '{}', '') on conflict (api_key_id, key) do nothing
"""


def done_once(request: HttpRequest, api_key: ApiKey, at: datetime, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer of `act`, or the answer that the same POST with the same `Idempotency-Key` had before. Without the header it just acts.

    :raises WireError: 400 for a key that is none, 422 when the key was used for another request.
    """
    written = request.headers.get(HEADER)
    if written is None or request.method != "POST":
        return act()
    key = _key_of(written)
    fingerprint = _fingerprint(request)
    if not _claim(api_key, key, fingerprint, at):
        return _replayed(IdempotentAnswer.objects.get(api_key=api_key, key=key), fingerprint)
    answer = act()
    _keep(answer, api_key, key)
    return answer


def forget_old(at: datetime) -> int:
    """Remove answers older than a day before `at`; the number removed."""
    return IdempotentAnswer.objects.filter(created_at__lt=at - IDEMPOTENT_ANSWERS_KEPT_FOR).delete()[0]


def _key_of(written: str) -> str:
    """The key, without the quotes that the header's draft standard puts around it."""
    key = written.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        raise refuse(HEADER, f"An {HEADER} has 1 to {LONGEST} printable ASCII characters.")
    return key


def _fingerprint(request: HttpRequest) -> bytes:
    start = f"{request.method} {request.get_full_path()}\n{request.headers.get('x-org-id', '')}\n"
    return hashlib.sha256(start.encode(errors="surrogateescape") + request.body).digest()


def _claim(api_key: ApiKey, key: str, fingerprint: bytes, at: datetime) -> bool:
    """Whether the key was free. Waits for whoever is acting under it."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [api_key.provider_id, api_key.pk, key, fingerprint, at])
        return bool(cursor.rowcount)


def _replayed(kept: IdempotentAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(kept.fingerprint) != fingerprint:
        raise WireError(422, f"This {HEADER} was used for another request. Use a new one for each act.")
    answer = HttpResponse(bytes(kept.body), status=kept.status, headers=kept.headers)
    answer[REPLAYED] = "true"
    return answer


def _keep(answer: HttpResponseBase, api_key: ApiKey, key: str) -> None:
    headers = {name: answer[name] for name in HEADERS_KEPT if answer.has_header(name)}
    body = answer.content if isinstance(answer, HttpResponse) else b""
    if isinstance(answer, SaidOnce):
        body = answer.content_to_keep
    IdempotentAnswer.objects.filter(api_key=api_key, key=key).update(status=answer.status_code, headers=headers, body=body)
