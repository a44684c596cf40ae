"""The door of the JSON API: opened by a provider's key, and by nothing else. It stands apart from the doors for people (doors.py)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, cast

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from ninja.errors import ValidationError

from accounts import audit
from accounts.actions.key_use import note_refused, note_use
from accounts.api_refusals import NotAllowed, answer_to, note
from accounts.doors import Mine, View, address_of, mark, takes
from accounts.idempotency import done_once
from accounts.keys import check
from accounts.models import ApiKey, Organization, Provider
from accounts.roles import Permission
from msp_portal.lib import rate_limit, tenancy
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.ids import is_public_id
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.wire.answers import WireError, after_answer, json_error, refuse

log = structlog.get_logger(__name__)

ORGANIZATION_HEADER = "x-org-id"


class ApiRequest(HttpRequest):
    """What the API's door hands to its view: the provider's own service, with the role of its key."""

    key: ApiKey
    provider: Provider
    """Read when it is first asked for; most addresses need only its id."""
    at: datetime
    mine: Mine
    organizations: Callable[[], QuerySet[Organization]]
    organization: Organization | None
    """The one that the header `x-org-id` names."""


def api_door(*methods: str, scope: Permission) -> Callable[[View], View]:
    """A door for whoever holds a provider's key (header `x-api-key`) whose role has `scope`. Errors are JSON, in English; an error writes nothing.

    What is noted of the key's use is written after the answer has gone out.
    """

    def make(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not takes(methods, request):
                return json_error(405, headers={"Allow": ", ".join(methods)})
            at, presented = datetime.now(UTC), request.headers.get("x-api-key", "")
            address = address_of(request)
            audit.address.set(address)
            checked = check(presented, at=at, address=address)
            client = request.headers.get("User-Agent", "")
            if checked.key is None or not checked.is_good:
                log.warning("api_key.refused", reason=checked.refusal)
                return after_answer(json_error(401), lambda: note_refused(checked=checked, client=client, at=at))
            key = checked.key
            with translation.override("en"):
                answer = _within_the_limit(view, _prepare_api(request, key, at), scope, args, kwargs)
            return after_answer(answer, lambda: note_use(key=key, presented=presented, client=client, at=at))

        door.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens this door, so no other site can push anyone through it
        return mark(door, "api", methods, scope)

    return make


def demand(request: ApiRequest, permission: Permission) -> None:
    """Ask for a further permission, for a part of an act that needs more than its door.

    :raises NotAllowed: which is answered 403 and stands in the audit log.
    """
    if not request.key.may(permission):
        raise NotAllowed(permission)


def _prepare_api(request: HttpRequest, key: ApiKey, at: datetime) -> ApiRequest:
    ours = cast(ApiRequest, request)
    ours.key, ours.at, ours.organization = key, at, None
    ours.mine = lambda rows: rows.filter(provider_id=key.provider_id)
    ours.organizations = lambda: Organization.objects.filter(provider_id=key.provider_id)
    structlog.contextvars.bind_contextvars(provider=key.provider_id, actor=key.pk)
    return ours


def _within_the_limit(view: View, request: ApiRequest, scope: Permission, args: Any, kwargs: Any) -> HttpResponseBase:
    allowance = rate_limit.take(request.key.pk, per_minute=request.key.requests_per_minute)
    if allowance.is_granted:
        answer = _with_key(view, request, scope, args, kwargs)
    else:
        answer = json_error(429, f"This key may make {allowance.capacity} requests a minute.")
    allowance.tell(answer)
    answer["Content-Language"] = "en"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _with_key(view: View, request: ApiRequest, scope: Permission, args: Any, kwargs: Any) -> HttpResponseBase:
    key = request.key
    try:
        with tenancy.scope(key.provider_id, actor=str(key)):
            request.provider = cast(Provider, SimpleLazyObject(lambda: Provider.objects.get(pk=key.provider_id)))
            _refuse_strangers(request, kwargs.get("provider_id"))
            demand(request, scope)
            return done_once(request, key, request.at, lambda: view(request, *args, **kwargs))
    except (WireError, RuleBroken, NotAllowed, Http404, ValidationError) as refusal:
        note(request, refusal)
        return answer_to(request, refusal)
    except RequestDataTooBig:  # more than DATA_UPLOAD_MAX_MEMORY_SIZE; whoever reads the body first meets it
        return json_error(413, "The body is larger than this address takes.")
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        return json_error(503, headers={"Retry-After": "1"})


def _refuse_strangers(request: ApiRequest, provider_id: str | None) -> None:
    """What the address or `x-org-id` names must be the key's own. Someone else's and what does not exist are told alike.

    :raises WireError: 400 for what is no identifier, 404 for what is not his.
    """
    if provider_id is not None and provider_id != request.key.provider_id:
        raise WireError(404) if is_public_id(provider_id) else refuse("provider_id", "This is not an identifier.")
    organization_id = request.headers.get(ORGANIZATION_HEADER, "")
    if organization_id:
        if not is_public_id(organization_id):
            raise refuse(ORGANIZATION_HEADER, "This is not an identifier.")
        request.organization = request.organizations().filter(pk=organization_id).first()
        if request.organization is None:
            raise WireError(404)
