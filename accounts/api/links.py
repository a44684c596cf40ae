"""Which administrator reaches which organization: `/api/v2/administrators/{administrator_id}/organizationlinks` and the same from the other end."""

from functools import partial
from typing import Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from typing_extensions import TypedDict

from accounts.actions.links import link, unlink
from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.models import Administrator, Organization
from accounts.queries.administrators import organizations_of
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.answers import no_content
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Administrators"])

OF_AN_ADMINISTRATOR: Final = "/v2/administrators/{administrator_id}/organizationlinks"


class AdministratorOrganizationLink(TypedDict):
    """That an administrator reaches an open organization."""

    administrator: PublicId
    organization: PublicId


class LinkRequest(Schema):
    """Which organization to link."""

    organization: PublicId


@endpoint(
    router,
    "GET",
    OF_AN_ADMINISTRATOR,
    scope=Permission.SEE_ADMINISTRATORS,
    name="administratorOrganizations_listByAdministrator",
    answer=list[AdministratorOrganizationLink],
    parameters=parameters.PAGE,
)
def list_by_administrator(request: ApiRequest, administrator_id: PublicId) -> HttpResponse:
    """The open organizations that one of the MSP's own administrators reaches: all of them, unless the access is limited to some."""
    administrator = _administrator(request, administrator_id)
    links = Listing[Organization](columns={}, body=partial(_of_organization, administrator), envelope=None)
    return links.answer(request, organizations_of(administrator))


@endpoint(
    router,
    "POST",
    OF_AN_ADMINISTRATOR,
    scope=Permission.EDIT_ADMINISTRATORS,
    name="administratorOrganizations_createByAdministrator",
    answer=AdministratorOrganizationLink,
    status=201,
)
def create_by_administrator(request: ApiRequest, administrator_id: PublicId, payload: LinkRequest) -> HttpResponse:
    """Let a limited administrator reach one more organization. Where there is such a link already, this is answered alike."""
    administrator = _administrator(request, administrator_id)
    organization = _organization(request, payload.organization)
    link(administrator=administrator, organization=organization, by=request.key, at=request.at)
    return JsonResponse(_of_organization(administrator, organization), status=201)


@endpoint(
    router,
    "DELETE",
    f"{OF_AN_ADMINISTRATOR}/{{organization_id}}",
    scope=Permission.EDIT_ADMINISTRATORS,
    name="administratorOrganizations_removeByAdministrator",
    answer=None,
    status=204,
)
def remove_by_administrator(request: ApiRequest, administrator_id: PublicId, organization_id: PublicId) -> HttpResponse:
    """Let a limited administrator reach one organization less. 409 for one who reaches every organization: limit the access in the portal first."""
    administrator = _administrator(request, administrator_id)
    organization = get_object_or_404(organizations_of(administrator), pk=organization_id)
    unlink(administrator=administrator, organization=organization, by=request.key, at=request.at)
    return no_content()


@endpoint(
    router,
    "GET",
    "/v2/organizations/{organization_id}/administratorlinks",
    scope=Permission.SEE_ADMINISTRATORS,
    name="administratorOrganizations_listByOrganization",
    answer=list[AdministratorOrganizationLink],
    parameters=parameters.PAGE,
)
def list_by_organization(request: ApiRequest, organization_id: PublicId) -> HttpResponse:
    """The MSP's own administrators who reach an open organization; the organization's own are no links."""
    organization = _organization(request, organization_id)
    links = Listing[Administrator](columns={}, body=partial(_of_administrator, organization), envelope=None)
    return links.answer(request, request.mine(Administrator.objects.of_the_msp().reaching(organization)))


def _administrator(request: ApiRequest, administrator_id: str) -> Administrator:
    """One of the MSP's own.

    :raises Http404: for a client's, someone else's and nobody alike.
    """
    return get_object_or_404(request.mine(Administrator.objects.of_the_msp()), pk=administrator_id)


def _organization(request: ApiRequest, organization_id: str) -> Organization:
    """An open one of the MSP's.

    :raises Http404: for a closed one, someone else's and none alike.
    """
    return get_object_or_404(request.organizations(), pk=organization_id, closed_at=None)


def _of_organization(administrator: Administrator, organization: Organization) -> AdministratorOrganizationLink:
    return {"administrator": administrator.pk, "organization": organization.pk}


def _of_administrator(organization: Organization, administrator: Administrator) -> AdministratorOrganizationLink:
    return _of_organization(administrator, organization)
