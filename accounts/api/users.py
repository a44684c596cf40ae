"""`/api/users`: whose key is it, and the MSP's own administrators as version 1 has them: with `x-org-id`, those who reach that organization."""

from typing import Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from typing_extensions import TypedDict

from accounts.actions.administrators import invite, remove
from accounts.actions.administrators_by_key import change_by_key
from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from accounts.wire.administrators import (
    ADMINISTRATORS,
    AdministratorBody,
    AdministratorChange,
    AdministratorList,
    AdministratorRequest,
    administrator_body,
    administrators,
)
from msp_portal.lib.wire.lists import names_in, picked
from msp_portal.lib.wire.parameters import FIELDS, LIST
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Version 1: administrators"])

ONE: Final = "/users/{administrator_id}"


class ServiceIdentity(TypedDict):
    """The provider's own service, as which a key acts: no person, so it outlives whoever made the key."""

    _id: str
    id: str
    email: str
    firstname: str
    lastname: str
    roleName: str
    provider: str
    organization: str | None
    apiKeySet: bool
    suspended: bool


@endpoint(
    router,
    "GET",
    "/users/getSelf",
    scope=Permission.SEE_ACCOUNT,
    name="users_getSelf",
    answer=ServiceIdentity,
    parameters=[FIELDS],
)
def get_self(request: ApiRequest) -> HttpResponse:
    """Whose key is this? Many clients begin here to learn the provider's id."""
    provider, key = request.provider, request.key
    shown: ServiceIdentity = {
        "_id": provider.pk,
        "id": provider.pk,
        "email": provider.contact_email,
        "firstname": provider.name,
        "lastname": key.name,
        "roleName": key.role,
        "provider": provider.pk,
        "organization": None,
        "apiKeySet": True,
        "suspended": provider.suspended_at is not None,
    }
    return JsonResponse(picked(shown, names_in(request.GET, "fields")))


@endpoint(
    router,
    "GET",
    "/users",
    scope=Permission.SEE_ADMINISTRATORS,
    name="users_list",
    answer=AdministratorList,
    parameters=LIST,
)
def list_users(request: ApiRequest) -> HttpResponse:
    """The MSP's own administrators; with `x-org-id`, those who reach that organization."""
    return ADMINISTRATORS.answer(request, administrators(request, reaching=request.organization))


@endpoint(router, "POST", "/users", scope=Permission.EDIT_ADMINISTRATORS, name="users_post", answer=AdministratorBody)
def post_user(request: ApiRequest, payload: AdministratorRequest) -> HttpResponse:
    """Invite someone by mail, as `POST /v2/providers/{provider_id}/administrators`; with `x-org-id`, to that organization alone."""
    wanted = payload.wanted()
    given = [request.organization] if request.organization else []
    wanted["limited"] = wanted["limited"] or bool(given)
    made = invite(provider=request.provider, by=request.key, at=request.at, organizations=given, **wanted)
    return JsonResponse(administrator_body(administrators(request).get(pk=made.pk)))


@endpoint(
    router,
    "GET",
    ONE,
    scope=Permission.SEE_ADMINISTRATORS,
    name="users_get",
    answer=AdministratorBody,
    parameters=[FIELDS],
)
def get_user(request: ApiRequest, administrator_id: PublicId) -> HttpResponse:
    """One of the MSP's own administrators; with `x-org-id`, one who reaches that organization."""
    found = get_object_or_404(administrators(request, reaching=request.organization), pk=administrator_id)
    return JsonResponse(picked(administrator_body(found), names_in(request.GET, "fields")))


@endpoint(router, "PUT", ONE, scope=Permission.EDIT_ADMINISTRATORS, name="users_put", answer=AdministratorBody)
def put_user(request: ApiRequest, administrator_id: PublicId, payload: AdministratorChange) -> HttpResponse:
    """Change role, API access or suspension; what is left out stays. Names and e-mail stay as they were invited. 409: the last who administers everything."""
    found = get_object_or_404(administrators(request, reaching=request.organization), pk=administrator_id)
    change_by_key(administrator=found, by=request.key, at=request.at, **payload.wanted(found))
    return JsonResponse(administrator_body(administrators(request).get(pk=found.pk)))


@endpoint(router, "DELETE", ONE, scope=Permission.EDIT_ADMINISTRATORS, name="users_delete", answer=AdministratorBody)
def delete_user(request: ApiRequest, administrator_id: PublicId) -> HttpResponse:
    """Take the place away for good, whatever it reaches. Answers, as all of version 1, with what was deleted. 409: the last who administers everything."""
    found = get_object_or_404(administrators(request, reaching=request.organization), pk=administrator_id)
    body = administrator_body(found)
    remove(administrator=found, by=request.key, at=request.at)
    return JsonResponse(body)
