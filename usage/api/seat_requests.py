"""`/api/v2/providers/{provider_id}/usage/seat-requests…`: what clients ask for at their caps, and the MSP's answers. They are asked in the browser."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, NotRequired

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import ErrorBody, endpoint
from accounts.bounds import USER_CAP_MAX
from accounts.roles import Permission
from msp_portal.lib.wire import etags, parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import STORABLE, PublicId
from usage.actions.seat_requests import decline_seats, grant_seats
from usage.bounds import SEAT_REQUEST_TEXT_LONGEST
from usage.models import SeatRequest, Seats
from usage.wire_caps import Cap
from usage.wire_usage import PATH, TAG, HowMany

router = Router(tags=[TAG])

REQUESTS: Final = PATH + "/seat-requests"

StateWord = Literal["OPEN", "GRANTED", "DECLINED", "WITHDRAWN"]
STATES: Final[dict[str, StateWord]] = {
    SeatRequest.State.OPEN: "OPEN",
    SeatRequest.State.GRANTED: "GRANTED",
    SeatRequest.State.DECLINED: "DECLINED",
    SeatRequest.State.WITHDRAWN: "WITHDRAWN",
}
HowManySeats = Annotated[int, Field(ge=1, lt=USER_CAP_MAX, examples=[5])]
Words = Annotated[str, Field(max_length=SEAT_REQUEST_TEXT_LONGEST, examples=["For the new branch."]), STORABLE]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SEAT_REQUEST_TEXT_LONGEST),
    STORABLE,
    Field(examples=["You have five unused seats."]),
]


class SeatRequestBody(TypedDict):
    """One request. `maxSystemUsers` is the organization's cap now, absent where there is none. What is decided is there once it is."""

    id: PublicId
    _id: PublicId
    organization: PublicId
    organizationName: Annotated[str, Field(examples=["Harbor Foods"])]
    maxSystemUsers: NotRequired[Cap]
    seats: HowManySeats
    reason: Words
    until: Annotated[date | None, Field(description="The last day, as the client wished. Nothing ends by it.")]
    state: StateWord
    askedAt: datetime
    askedBy: Annotated[str, Field(examples=["Ada Berg"])]
    decidedAt: NotRequired[datetime]
    decidedBy: NotRequired[Annotated[str, Field(examples=["Cora Contact"])]]
    grantedSeats: NotRequired[HowMany]
    answer: NotRequired[Words]


class SeatRequestList(TypedDict):
    """A page of requests and how many match."""

    results: list[SeatRequestBody]
    totalCount: int


class Grant(Schema):
    """All that was asked for unless `seats` names a part of it. `answer` goes to the asker."""

    model_config = ConfigDict(extra="forbid")
    seats: HowManySeats | None = None
    answer: Words = ""


class Decline(Schema):
    """Why not; it goes to the asker."""

    model_config = ConfigDict(extra="forbid")
    answer: Reason


COLUMNS: Final = {
    "id": Column("pk"),
    "_id": Column("pk"),
    "organization": Column("organization_id"),
    "organizationName": Column("organization__name"),
    "seats": Column("seats", "whole number"),
    "state": Column("state", words={word: state for state, word in STATES.items()}),
    "askedAt": Column("asked_at", "time"),
    "decidedAt": Column("decided_at", "time"),
}


def seat_request_body(asked: SeatRequest) -> SeatRequestBody:
    """One request on the wire; `asked` comes from `listed()`."""
    body: SeatRequestBody = {
        "id": asked.pk,
        "_id": asked.pk,
        "organization": asked.organization_id,
        "organizationName": asked.organization.name,
        "seats": asked.seats,
        "reason": asked.reason,
        "until": asked.until,
        "state": STATES[asked.state],
        "askedAt": asked.asked_at,
        "askedBy": asked.asked_by_name,
    }
    user_cap = asked.organization.seats.user_cap
    if user_cap is not None:
        body["maxSystemUsers"] = user_cap
    if asked.decided_at is not None:
        body |= {"decidedAt": asked.decided_at, "decidedBy": asked.decided_by_name}
    if asked.granted_seats is not None:
        body["grantedSeats"] = asked.granted_seats
    if asked.answer:
        body["answer"] = asked.answer
    return body


LISTED: Final = Listing[SeatRequest](columns=COLUMNS, body=seat_request_body, order=("-asked_at", "-pk"))


@endpoint(
    router,
    "GET",
    REQUESTS,
    scope=Permission.SEE_USAGE,
    name="usage_listSeatRequests",
    answer=SeatRequestList,
    parameters=parameters.LIST,
)
def list_seat_requests(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """What the provider's clients asked for, the newest first. Those that wait for an answer: `filter=state:eq:OPEN`."""
    return LISTED.answer(request, request.mine(SeatRequest.objects.listed()))


@endpoint(
    router,
    "POST",
    REQUESTS + "/{request_id}/grant",
    scope=Permission.EDIT_CAPS,
    name="usage_grantSeatRequest",
    answer=SeatRequestBody,
    errors={412: ErrorBody},
    parameters=[etags.PARAMETER],
)
def grant(request: ApiRequest, provider_id: PublicId, request_id: PublicId, payload: Grant) -> HttpResponse:
    """Raise the organization's cap by the seats asked for, or by a part of them. 409 when the request was answered meanwhile, with who did what.
    `If-Match` takes the ETag of the organization's usage: it refuses with 412 when the cap is another by now."""
    asked = _found(request, request_id)
    counters = Seats.objects.lock().get(pk=asked.organization_id)
    etags.refuse_another_version(request, counters.cap_version)
    seats = asked.seats if payload.seats is None else payload.seats
    grant_seats(request=asked, seats=seats, seen_cap=counters.user_cap, answer=payload.answer, by=request.key, at=request.at)
    return _shown(request, request_id)


@endpoint(
    router,
    "POST",
    REQUESTS + "/{request_id}/decline",
    scope=Permission.EDIT_CAPS,
    name="usage_declineSeatRequest",
    answer=SeatRequestBody,
)
def decline(request: ApiRequest, provider_id: PublicId, request_id: PublicId, payload: Decline) -> HttpResponse:
    """Say no, and why. The cap stays as it is. 409 when the request was answered meanwhile, with who did what."""
    decline_seats(request=_found(request, request_id), answer=payload.answer, by=request.key, at=request.at)
    return _shown(request, request_id)


def _found(request: ApiRequest, request_id: str) -> SeatRequest:
    return get_object_or_404(request.mine(SeatRequest.objects.all()), pk=request_id)


def _shown(request: ApiRequest, request_id: str) -> JsonResponse:
    shown: Any = seat_request_body(request.mine(SeatRequest.objects.listed()).get(pk=request_id))
    return JsonResponse(shown)
