"""`/api/v2/providers/{provider_id}/organizations`: the provider's clients and their caps."""

from typing import Annotated, Final, NotRequired

from django.http import HttpResponse
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import ErrorBody, endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import etags, parameters
from msp_portal.lib.wire.answers import refuse
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId
from usage.actions.organizations import open_organization
from usage.models import Seats
from usage.wire_caps import SHOWS_CAP, Cap, CapNotAllowed, WantedCap, answer_with_cap
from usage.wire_changes import change_as_allowed
from usage.wire_names import OrganizationName

router = Router(tags=["Organizations"])

PATH: Final = "/v2/providers/{provider_id}/organizations"


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


class NewOrganization(Schema):
    """A client to create; without `maxSystemUsers` it has no cap."""

    model_config = ConfigDict(extra="forbid")
    name: OrganizationName
    max_system_users: WantedCap = Field(None, alias="maxSystemUsers")


class OrganizationChange(BaseModel):
    """What is to change of a client; what is left out stays. `id` may repeat the one in the address."""

    model_config = ConfigDict(extra="forbid")
    id: PublicId = ""
    name: OrganizationName = ""
    max_system_users: WantedCap = Field(None, alias="maxSystemUsers")


FIELDS: Final = {"name": "name", "max_system_users": "user_cap"}

COLUMNS: Final = {
    "id": Column("organization_id"),
    "_id": Column("organization_id"),
    "name": Column("name"),
    "maxSystemUsers": Column("user_cap", "whole number"),
}


def organization_body(told: tuple[str, str, int | None]) -> OrganizationBody:
    """One organization on the wire, of its id, name and user cap."""
    pk, name, user_cap = told
    body: OrganizationBody = {"id": pk, "_id": pk, "name": name}
    if user_cap is not None:
        body["maxSystemUsers"] = user_cap
    return body


# Read as plain tuples and put together once, not with each request: scripts ask for this list more than for any other.
# The seats have all that it shows.
OPEN: Final = Seats.objects.of_open_organizations().order_by("organization_id").values_list("organization_id", "name", "user_cap")
ORGANIZATIONS: Final = Listing[Seats](columns=COLUMNS, body=organization_body, order=("organization_id",))


@endpoint(
    router,
    "GET",
    PATH,
    scope=Permission.SEE_ORGANIZATIONS,
    name="providers_listOrganizations",
    answer=OrganizationList,
    parameters=parameters.LIST,
)
def list_organizations(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The provider's open organizations."""
    return ORGANIZATIONS.answer(request, OPEN.filter(provider_id=request.key.provider_id))


@endpoint(
    router,
    "POST",
    PATH,
    scope=Permission.EDIT_ORGANIZATIONS,
    name="providerOrganizations_createOrg",
    answer=OrganizationBody,
    status=201,
    more={"responses": {201: SHOWS_CAP}},
)
def create_organization(request: ApiRequest, provider_id: PublicId, payload: NewOrganization) -> HttpResponse:
    """Create an organization. Two open ones of one name are refused (409), whatever their case. The provider's default cap is for those made by hand."""
    if "max_system_users" in payload.model_fields_set and not request.key.may(Permission.EDIT_CAPS):
        raise CapNotAllowed
    made = open_organization(
        name=payload.name,
        external_id="",
        contact_name="",
        contact_email="",
        user_cap=payload.max_system_users,
        by=request.key,
        at=request.at,
    )
    return _shown(request, made.pk, status=201)


@endpoint(
    router,
    "PUT",
    PATH + "/{id}",
    scope=Permission.SEE_USAGE,
    name="providerOrganizations_updateOrg",
    answer=OrganizationBody,
    errors={412: ErrorBody},
    parameters=[etags.PARAMETER],
    more={"responses": {200: SHOWS_CAP}, "x-permission": Permission.EDIT_CAPS.value},
)
def update_organization(request: ApiRequest, provider_id: PublicId, id: PublicId, payload: OrganizationChange) -> HttpResponse:  # noqa: A002 - the contract's name
    """Rename an organization, set its user cap, or both. Each change needs its own permission; a value that stays as it is needs none."""
    sent = payload.model_fields_set
    if "id" in sent and payload.id != id:
        raise refuse("id", "The id in the body is not the one in the address.")
    said = {field: getattr(payload, name) for name, field in FIELDS.items() if name in sent}
    change_as_allowed(request, Seats.objects.of_open_organizations(), id, said)
    return _shown(request, id)


def _shown(request: ApiRequest, organization_id: str, *, status: int = 200) -> HttpResponse:
    seats = request.mine(Seats.objects.all()).get(pk=organization_id)
    told = (seats.pk, seats.name, seats.user_cap)
    return answer_with_cap(seats, organization_body(told), status=status)
