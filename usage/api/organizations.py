"""`/api/v2/providers/{provider_id}/organizations`: the provider's clients and their caps."""

from typing import Annotated, Final, NotRequired

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId
from usage.models import Seats

router = Router(tags=["Organizations"])

Cap = Annotated[int, Field(ge=USER_CAP_MIN, le=USER_CAP_MAX, examples=[50])]


class OrganizationBody(TypedDict):
    """One client. `maxSystemUsers` is its user cap and absent where there is none. The id comes under both names that clients read."""

    id: PublicId
    _id: PublicId
    name: Annotated[str, Field(examples=["Harbor Foods"])]
    maxSystemUsers: NotRequired[Cap]


class OrganizationList(TypedDict):
    """A page of organizations and how many match."""

    results: list[OrganizationBody]
    totalCount: int


COLUMNS: Final = {
    "id": Column("organization_id"),
    "_id": Column("organization_id"),
    "name": Column("organization__name"),
    "maxSystemUsers": Column("user_cap", "number"),
}


def organization_body(seats: Seats) -> OrganizationBody:
    """One organization on the wire; its organization must have been read with it."""
    client = seats.organization
    body: OrganizationBody = {"id": client.pk, "_id": client.pk, "name": client.name}
    if seats.user_cap is not None:
        body["maxSystemUsers"] = seats.user_cap
    return body


ORGANIZATIONS: Final = Listing[Seats](columns=COLUMNS, body=organization_body, order=("organization_id",))


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/organizations",
    scope=Permission.SEE_ORGANIZATIONS,
    name="providers_listOrganizations",
    answer=OrganizationList,
    parameters=parameters.LIST,
)
def list_organizations(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The provider's open organizations."""
    open_ones = request.mine(Seats.objects.filter(organization__closed_at=None)).select_related("organization")
    return ORGANIZATIONS.answer(request, open_ones)
