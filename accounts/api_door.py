"""The door of the JSON API: opened by a provider's key, and by nothing else. It stands apart from the doors for people (doors.py)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast

import structlog
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts import audit
from accounts.actions.key_use import note_refused, note_use
from accounts.api_answers import after_answer, json_error
from accounts.doors import Mine, View, address_of, mark, takes
from accounts.keys import check
from accounts.models import ApiKey, AuditEvent, Organization, Provider
from accounts.roles import Permission
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES

log = structlog.get_logger(__name__)


class ApiRequest(HttpRequest):
    """What the API's door hands to its view: the provider's own service, with the role of its key."""

    key: ApiKey
    provider: Provider
    at: datetime
    mine: Mine
    organizations: Callable[[], QuerySet[Organization]]


def api_door(*methods: str, scope: Permission) -> Callable[[View], View]:
    """A door for whoever holds a provider's key (header `x-api-key`) whose role has `scope`. Errors are JSON; an error writes nothing.

    What is noted of the key's use is written after the answer has gone out.
    """

    def make(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not takes(methods, request):
                return json_error(405, headers={"Allow": ", ".join(methods)})
            at, presented = datetime.now(UTC), request.headers.get("x-api-key", "")
            audit.address.set(address_of(request))
            checked = check(presented, at=at)
            client = request.headers.get("User-Agent", "")
            if checked.key is None or not checked.is_good:
                log.warning("api_key.refused", reason=checked.refusal)
                return after_answer(json_error(401), lambda: note_refused(checked=checked, client=client, at=at))
            key = checked.key
            answer = _with_key(view, _prepare_api(request, key, at), scope, args, kwargs)
            return after_answer(answer, lambda: note_use(key=key, presented=presented, client=client, at=at))

        door.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens this door, so no other site can push anyone through it
        return mark(door, "api", methods, scope)

    return make


def _prepare_api(request: HttpRequest, key: ApiKey, at: datetime) -> ApiRequest:
    ours = cast(ApiRequest, request)
    ours.key, ours.at = key, at
    ours.mine = lambda rows: rows.filter(provider_id=key.provider_id)
    ours.organizations = lambda: Organization.objects.filter(provider_id=key.provider_id)
    structlog.contextvars.bind_contextvars(provider=key.provider_id, actor=key.pk)
    return ours


def _with_key(view: View, request: ApiRequest, scope: Permission, args: Any, kwargs: Any) -> HttpResponseBase:
    key, outcome = request.key, AuditEvent.Outcome.REFUSED
    try:
        with tenancy.scope(key.provider_id, actor=str(key)):
            if not key.may(scope):
                audit.record(
                    key, f"refused.{scope.value}", outcome=outcome, at=request.at, path=request.path, method=request.method
                )
                return json_error(403)
            request.provider = Provider.objects.get(pk=key.provider_id)
            response = view(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        return json_error(503, headers={"Retry-After": "1"})
