"""`/api/v2/providers/{provider_id}/usage/organizations…`: how full each organization is, and its marks month by month."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Final, Literal, NotRequired

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.periods import written_month
from msp_portal.lib.wire import etags, parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing, limit_of, links_of, names_in, picked, skip_of
from msp_portal.lib.wire.texts import PublicId
from usage.models import BillingMonth, Seats
from usage.models.seats import CapState
from usage.queries.marks import Marks, last_device_mark, mark_at, marks_of, present_month
from usage.wire_caps import SHOWS_CAP, Cap, answer_with_cap
from usage.wire_usage import CLOSED, PATH, TAG, HowMany, Month, TimeZone, with_closed

router = Router(tags=[TAG])

CapWords = Literal["LIMIT REACHED", "NEAR LIMIT"]
WORDS: Final[Mapping[CapState, CapWords | None]] = {
    CapState.NONE: None,
    CapState.NEAR: "NEAR LIMIT",
    CapState.REACHED: "LIMIT REACHED",
}


class OrganizationUsage(TypedDict):
    """How full one organization is. `maxSystemUsers` is absent where there is no cap, `closedAt` while it is open."""

    id: PublicId
    _id: PublicId
    name: Annotated[str, Field(examples=["Harbor Foods"])]
    externalId: Annotated[str, Field(examples=["PSA-7"])]
    users: HowMany
    devices: HowMany
    highWaterMark: HowMany
    highWaterMarkAt: datetime
    highWaterMarkLastMonth: HowMany | None
    deviceHighWaterMark: HowMany
    deviceHighWaterMarkAt: datetime
    deviceHighWaterMarkLastMonth: HowMany | None
    maxSystemUsers: NotRequired[Cap]
    seatsLeft: Annotated[HowMany | None, Field(description="Never below 0; null without a cap.")]
    capState: Annotated[CapWords | None, Field(description="NEAR LIMIT while 1 to 10 seats are left.")]
    month: Month
    timeZone: TimeZone
    closedAt: NotRequired[datetime]


class OrganizationUsageList(TypedDict):
    """A page of organizations' usage and how many match."""

    results: list[OrganizationUsage]
    totalCount: int


class MonthsMarks(TypedDict):
    """What was reached in one month. A closed one never changes any more. The marks' instants are when they were first reached."""

    month: Month
    timeZone: TimeZone
    startsAt: datetime
    endsAt: datetime
    closed: bool
    highWaterMark: HowMany
    highWaterMarkAt: datetime
    carriedIn: Annotated[HowMany, Field(description="Users at the month's first instant.")]
    deviceHighWaterMark: HowMany
    deviceHighWaterMarkAt: datetime
    devicesCarriedIn: HowMany


class MonthsMarksList(TypedDict):
    """A page of months and how many there are."""

    results: list[MonthsMarks]
    totalCount: int


COLUMNS: Final = {
    "id": Column("organization_id"),
    "_id": Column("organization_id"),
    "name": Column("organization__name"),
    "externalId": Column("organization__external_id"),
    "users": Column("users", "whole number"),
    "devices": Column("devices", "whole number"),
    "highWaterMark": Column("high_water_mark", "whole number"),
    "highWaterMarkLastMonth": Column("last_high_water_mark", "whole number"),
    "deviceHighWaterMark": Column("device_high_water_mark", "whole number"),
    "maxSystemUsers": Column("user_cap", "whole number"),
    "seatsLeft": Column("seats_left", "whole number"),
    "capState": Column("state", words={words: state.value for state, words in WORDS.items() if words}),
    "closedAt": Column("organization__closed_at", "time"),
}


def usage_body(month: BillingMonth, at: datetime, seats: Seats) -> OrganizationUsage:
    """One organization's figures at `at` on the wire; `seats` is one of `_rows`, `month` the provider's present one."""
    client = seats.organization
    body: OrganizationUsage = {
        "id": client.pk,
        "_id": client.pk,
        "name": client.name,
        "externalId": client.external_id,
        "users": seats.users,
        "devices": seats.devices,
        "highWaterMark": seats.high_water_mark,  # type: ignore[attr-defined]  # of `as_of`
        "highWaterMarkAt": mark_at(seats, month, at),
        "highWaterMarkLastMonth": seats.last_high_water_mark,  # type: ignore[attr-defined]
        "deviceHighWaterMark": seats.device_high_water_mark,  # type: ignore[attr-defined]
        "deviceHighWaterMarkAt": mark_at(seats, month, at, devices=True),
        "deviceHighWaterMarkLastMonth": last_device_mark(seats, month, at),
        "seatsLeft": seats.left,
        "capState": WORDS[seats.cap_state],
        "month": written_month(month.month),
        "timeZone": month.time_zone,
    }
    if seats.user_cap is not None:
        body["maxSystemUsers"] = seats.user_cap
    if client.closed_at is not None:
        body["closedAt"] = client.closed_at
    return body


def marks_body(marks: Marks) -> MonthsMarks:
    """One month on the wire."""
    return {
        "month": written_month(marks.calendar.month),
        "timeZone": marks.calendar.time_zone,
        "startsAt": marks.calendar.starts_at,
        "endsAt": marks.calendar.ends_at,
        "closed": marks.is_closed,
        "highWaterMark": marks.users_mark,
        "highWaterMarkAt": marks.users_mark_at,
        "carriedIn": marks.users_carried,
        "deviceHighWaterMark": marks.devices_mark,
        "deviceHighWaterMarkAt": marks.devices_mark_at,
        "devicesCarriedIn": marks.devices_carried,
    }


@endpoint(
    router,
    "GET",
    PATH + "/organizations",
    scope=Permission.SEE_USAGE,
    name="usage_listOrganizations",
    answer=OrganizationUsageList,
    parameters=[*parameters.LIST, parameters.SEARCH, CLOSED],
)
def list_usage(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """Users, devices, marks and cap of every organization: what the Usage tab shows. Those that are full, or nearly: `filter=capState:in:LIMIT REACHED|NEAR LIMIT`."""
    month = present_month(request.provider, request.at)
    listing = Listing[Seats](
        columns=COLUMNS,
        body=partial(usage_body, month, request.at),
        order=("organization_id",),
        search=lambda rows, words: rows.matching(words, provider_id=provider_id),  # type: ignore[attr-defined]  # a SeatsQuerySet it is
    )
    return listing.answer(request, _rows(request))


@endpoint(
    router,
    "GET",
    PATH + "/organizations/{organization_id}",
    scope=Permission.SEE_USAGE,
    name="usage_getOrganization",
    answer=OrganizationUsage,
    parameters=[parameters.FIELDS, CLOSED],
    more={"responses": {200: SHOWS_CAP}},
)
def get_usage(request: ApiRequest, provider_id: PublicId, organization_id: PublicId) -> HttpResponse:
    """Users, devices, marks and cap of one organization. Its ETag may be sent as If-Match when the cap is changed."""
    seats = get_object_or_404(_rows(request), pk=organization_id)
    body = picked(usage_body(present_month(request.provider, request.at), request.at, seats), names_in(request.GET, "fields"))
    return answer_with_cap(seats, body, rest=etags.digest(*body.items()))


@endpoint(
    router,
    "GET",
    PATH + "/organizations/{organization_id}/marks",
    scope=Permission.SEE_USAGE,
    name="usage_listMarks",
    answer=MonthsMarksList,
    parameters=[*parameters.PAGE, CLOSED],
)
def list_marks(request: ApiRequest, provider_id: PublicId, organization_id: PublicId) -> HttpResponse:
    """The organization's marks by month, newest first. The present month is the one that is not closed."""
    seats = get_object_or_404(_rows(request), pk=organization_id)
    months = marks_of(seats, present_month(request.provider, request.at), request.at)
    limit, skip, total = limit_of(request.GET), skip_of(request.GET), len(months)
    shown: MonthsMarksList = {"results": [marks_body(marks) for marks in months[skip : skip + limit]], "totalCount": total}
    answer = JsonResponse(shown, headers={"x-total-count": str(total)})
    if links := links_of(request, limit=limit, skip=skip, total=total):
        answer["Link"] = links
    return answer


def _rows(request: ApiRequest) -> QuerySet[Seats]:
    """The figures of the organizations that are asked for, each with its organization."""
    seats = Seats.objects.as_of(request.at).with_seats_left().with_cap_state().select_related("organization")
    return request.mine(seats if with_closed(request.GET) else seats.of_open_organizations())
