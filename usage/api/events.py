"""`/api/v2/providers/{provider_id}/usage/events`: the seat ledger as a feed, for whoever keeps books of his own."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Literal, NotRequired

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.utils.http import urlencode
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.ids import is_public_id
from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.lists import limit_of
from msp_portal.lib.wire.parameters import query
from msp_portal.lib.wire.texts import ID_EXAMPLE, ID_PATTERN, PublicId
from usage.models import SeatEvent
from usage.queries.ledger import events_after
from usage.wire_usage import PATH, TAG, HowMany

router = Router(tags=[TAG])

MOST: Final = 1000
CURSOR: Final = re.compile(r"e1-([0-9a-f]{1,15})")
"""Opaque to clients. The number says how it is to be read, should the feed ever be ordered in another way."""
PARAMETERS: Final = (
    query(
        "after",
        "The `next` of an earlier answer; without it the feed begins at the beginning.",
        {"type": "string"},
        example="e1-2a",
    ),
    query("limit", "How many events at most.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 10}),
    query("organization", "Only the events of this organization.", {"type": "string", "pattern": ID_PATTERN}, example=ID_EXAMPLE),
)
NEXT_PAGE: Final = {
    "Link": {"description": "Where the feed goes on, if there may be more already.", "schema": {"type": "string"}}
}


Kind = Literal["user", "device"]
KINDS: Final[dict[str, Kind]] = {SeatEvent.Kind.USER: "user", SeatEvent.Kind.DEVICE: "device"}


class LedgerEvent(TypedDict):
    """A user or device came (+1) or went (-1). Who it was is for keys that may see users, `by` for those that may see the activity."""

    id: Annotated[int, Field(examples=[42])]
    at: datetime
    kind: Kind
    delta: Annotated[int, Field(ge=-1, le=1, examples=[1])]
    countAfter: HowMany
    organization: PublicId
    subject: NotRequired[PublicId]
    subjectName: NotRequired[Annotated[str, Field(examples=["Ada Lovelace"])]]
    by: NotRequired[Annotated[str, Field(examples=["Cora Contact"])]]


class LedgerEvents(TypedDict):
    """Events, oldest first. `next` is where to read on, now or later: it is there also when nothing new is."""

    results: list[LedgerEvent]
    next: Annotated[str, Field(examples=["e1-2a"])]


@endpoint(
    router,
    "GET",
    PATH + "/events",
    scope=Permission.SEE_USAGE,
    name="usage_listEvents",
    answer=LedgerEvents,
    parameters=PARAMETERS,
    more={"responses": {200: {"headers": NEXT_PAGE}}},
)
def list_events(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """Every seat taken and freed, oldest first. Who reads on from `next` misses no event and gets none twice, whatever is written meanwhile;
    an event appears when no writer is left that could come before it. Events of organizations that were closed since stay in the feed."""
    last, limit = _last(request), limit_of(request.GET, MOST)
    events = events_after(_events(request), last, most=limit)
    cursor = f"e1-{events[-1].pk if events else last:x}"
    bodies = [
        _body(event, names=request.key.may(Permission.SEE_USERS), by=request.key.may(Permission.SEE_ACTIVITY)) for event in events
    ]
    shown: LedgerEvents = {"results": bodies, "next": cursor}
    answer = JsonResponse(shown)
    if len(events) == limit:
        answer["Link"] = f'<{_address(request, cursor)}>; rel="next"'
    return answer


def _last(request: ApiRequest) -> int:
    """The number of the last event that the client has had; 0 at the beginning."""
    written = request.GET.get("after", "")
    if not written:
        return 0
    cursor = CURSOR.fullmatch(written)
    if cursor is None:
        raise refuse("after", "This is no cursor of the feed. Use the `next` of an earlier answer, or leave it out.")
    return int(cursor[1], 16)


def _events(request: ApiRequest) -> QuerySet[SeatEvent]:
    """The provider's events, or those of the organization asked for.

    :raises WireError: 400 for what is no identifier, 404 for what is not his.
    """
    organization_id = request.GET.get("organization", "")
    events = request.mine(SeatEvent.objects.all())
    if not organization_id:
        return events
    if not is_public_id(organization_id):
        raise refuse("organization", "This is not an identifier.")
    if not request.organizations().filter(pk=organization_id).exists():
        raise WireError(404)
    return events.filter(organization_id=organization_id)


def _body(event: SeatEvent, *, names: bool, by: bool) -> LedgerEvent:
    body: LedgerEvent = {
        "id": event.pk,
        "at": event.at,
        "kind": KINDS[event.kind],
        "delta": event.delta,
        "countAfter": event.count_after,
        "organization": event.organization_id,
    }
    if names:
        body["subject"], body["subjectName"] = event.subject_id, event.subject_name
    if by:
        body["by"] = event.by
    return body


def _address(request: ApiRequest, cursor: str) -> str:
    rest: list[tuple[str, Any]] = [(name, request.GET[name]) for name in ("limit", "organization") if name in request.GET]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*rest, ('after', cursor)])}")
