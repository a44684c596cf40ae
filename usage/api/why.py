"""`/api/v2/providers/{provider_id}/usage/organizations/{organization_id}/marks/{month}`: why a mark is what it is."""

from datetime import date, datetime
from typing import Annotated, Final, Literal, NotRequired

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.periods import month_written, written_month
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.answers import refuse
from msp_portal.lib.wire.lists import limit_of, links_of, skip_of
from msp_portal.lib.wire.texts import PublicId
from usage.models import SeatEvent, Seats
from usage.queries.marks import present_month
from usage.queries.why import Why, why
from usage.wire_usage import PATH, TAG, HowMany, Month, TimeZone

router = Router(tags=[TAG])

Kind = Literal["user", "device"]
KINDS: Final[dict[str, SeatEvent.Kind]] = {"user": SeatEvent.Kind.USER, "device": SeatEvent.Kind.DEVICE}
WORDS: Final[dict[SeatEvent.Kind, Kind]] = {SeatEvent.Kind.USER: "user", SeatEvent.Kind.DEVICE: "device"}
KIND: Final = parameters.query("kind", "Whose mark: the users' or the devices'.", {"enum": list(KINDS), "default": "user"})


class Present(TypedDict):
    """One who was present. Who it was is for keys that may see users, `by` for those that may see the activity."""

    since: datetime
    subject: NotRequired[PublicId]
    subjectName: NotRequired[Annotated[str, Field(examples=["Ada Lovelace"])]]
    by: NotRequired[Annotated[str, Field(examples=["Cora Contact"])]]


class MarkExplained(TypedDict):
    """A mark, when it was first reached, and a page of those present then. `totalCount` is how many they are, counted in the seat ledger: the mark."""

    month: Month
    timeZone: TimeZone
    startsAt: datetime
    endsAt: datetime
    closed: bool
    kind: Kind
    mark: HowMany
    at: datetime
    carriedIn: Annotated[HowMany, Field(description="The count at the month's first instant.")]
    present: list[Present]
    totalCount: int


@endpoint(
    router,
    "GET",
    PATH + "/organizations/{organization_id}/marks/{month}",
    scope=Permission.SEE_USAGE,
    name="usage_explainMark",
    answer=MarkExplained,
    parameters=[KIND, *parameters.PAGE],
)
def explain_mark(request: ApiRequest, provider_id: PublicId, organization_id: PublicId, month: Month) -> HttpResponse:
    """Why a mark is what it is: the instant it was first reached, and who was present then, in the order of their coming. Closed organizations'
    too. A month in which the organization did not exist is a 404."""
    reason = _why(request, organization_id, month)
    limit, skip, rows = limit_of(request.GET), skip_of(request.GET), reason.present()
    total = rows.count()
    answer = JsonResponse(_body(request, reason, list(rows.order_by("pk")[skip : skip + limit]), total))
    answer["x-total-count"] = str(total)
    if links := links_of(request, limit=limit, skip=skip, total=total):
        answer["Link"] = links
    return answer


def _why(request: ApiRequest, organization_id: str, month: str) -> Why:
    """
    :raises Http404: for an organization that is not the key's own, and a month in which it was not there.
    :raises WireError: 400 for a kind that is none.
    """
    seats = get_object_or_404(request.mine(Seats.objects.as_of(request.at)), pk=organization_id)
    found = why(seats, _month(month), _kind(request), present_month(request.provider, request.at), request.at)
    if found is None:
        raise Http404
    return found


def _month(written: str) -> date:
    try:
        return month_written(written)
    except ValueError as fault:  # the year 0000
        raise Http404 from fault


def _kind(request: ApiRequest) -> SeatEvent.Kind:
    written = request.GET.get("kind") or "user"
    if written not in KINDS:
        raise refuse("kind", f"Known kinds: {', '.join(KINDS)}.")
    return KINDS[written]


def _body(request: ApiRequest, reason: Why, rows: list[SeatEvent], total: int) -> MarkExplained:
    names, by = request.key.may(Permission.SEE_USERS), request.key.may(Permission.SEE_ACTIVITY)
    return {
        "month": written_month(reason.calendar.month),
        "timeZone": reason.calendar.time_zone,
        "startsAt": reason.calendar.starts_at,
        "endsAt": reason.calendar.ends_at,
        "closed": reason.is_closed,
        "kind": WORDS[reason.kind],
        "mark": reason.mark,
        "at": reason.at,
        "carriedIn": reason.carried_in,
        "present": [_present(row, names=names, by=by) for row in rows],
        "totalCount": total,
    }


def _present(row: SeatEvent, *, names: bool, by: bool) -> Present:
    body: Present = {"since": row.at}
    if names:
        body["subject"], body["subjectName"] = row.subject_id, row.subject_name
    if by:
        body["by"] = row.by
    return body
