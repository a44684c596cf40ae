"""`/api/v2/providers/{provider_id}/administrators`: who administers the account."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.actions.administrators import invite, remove
from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from accounts.wire.administrators import (
    ADMINISTRATORS,
    AdministratorBody,
    AdministratorList,
    AdministratorRequest,
    administrator_body,
    administrators,
)
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.answers import no_content
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Administrators"])


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/administrators",
    scope=Permission.SEE_ADMINISTRATORS,
    name="providers_listAdministrators",
    answer=AdministratorList,
    parameters=parameters.LIST,
)
def list_administrators(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The MSP's own administrators, invited and suspended ones too; not those of its clients."""
    return ADMINISTRATORS.answer(request, administrators(request))


@endpoint(
    router,
    "POST",
    "/v2/providers/{provider_id}/administrators",
    scope=Permission.EDIT_ADMINISTRATORS,
    name="providers_postAdmins",
    answer=AdministratorBody,
)
def post_administrator(request: ApiRequest, provider_id: PublicId, payload: AdministratorRequest) -> HttpResponse:
    """Invite someone by mail. The provider's active Administrators With Billing are told of it by mail, too. 409: has a place already."""
    made = invite(provider=request.provider, by=request.key, at=request.at, organizations=[], **payload.wanted())
    return JsonResponse(administrator_body(administrators(request).get(pk=made.pk)))


@endpoint(
    router,
    "DELETE",
    "/v2/providers/{provider_id}/administrators/{administrator_id}",
    scope=Permission.EDIT_ADMINISTRATORS,
    name="providers_removeAdministrator",
    answer=None,
    status=204,
)
def delete_administrator(request: ApiRequest, provider_id: PublicId, administrator_id: PublicId) -> HttpResponse:
    """Take the place away for good, with its links; an open invitation ends, keys go on working. 409: the last who administers everything."""
    remove(administrator=get_object_or_404(administrators(request), pk=administrator_id), by=request.key, at=request.at)
    return no_content()
