"""`/api/systemusers/{user_id}`: one directory user of one organization."""

from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import BaseModel

from accounts.api_door import demand
from accounts.api_endpoint import endpoint
from accounts.api_organization import ApiOrganizationRequest
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.lists import names_in, picked
from msp_portal.lib.wire.texts import PublicId
from usage.actions.users import activate_user, edit_user, remove_user, suspend_user
from usage.bodies.systemuser_requests import SystemUserChange
from usage.bodies.systemusers import SystemUserBody, systemuser_body
from usage.models import User

router = Router(tags=["Users"])

PATH: Final = "/systemusers/{user_id}"
CASCADE: Final = parameters.query(
    "cascade_manager", "Taken and passed over: the portal knows no managers of users.", {"type": "string"}
)


@endpoint(
    router,
    "GET",
    PATH,
    scope=Permission.SEE_USERS,
    name="systemusers_get",
    answer=SystemUserBody,
    parameters=[parameters.FIELDS],
    at_organization=True,
)
def get_systemuser(request: ApiOrganizationRequest, user_id: PublicId) -> HttpResponse:
    """One directory user of the organization."""
    user = get_object_or_404(request.mine(User.objects.filter(organization=request.organization)), pk=user_id)
    return JsonResponse(picked(systemuser_body(user), names_in(request.GET, "fields")))


@endpoint(
    router,
    "PUT",
    PATH,
    scope=Permission.SUSPEND_USERS,
    name="systemusers_put",
    answer=SystemUserBody,
    at_organization=True,
)
def change_systemuser(request: ApiOrganizationRequest, user_id: PublicId, payload: SystemUserChange) -> HttpResponse:
    """Suspend or activate a directory user, or rename it. Names and e-mail can be changed by roles that may add users only."""
    user = _locked(request, user_id)
    names, state = payload.names_of(user), payload.state_of(user)
    if any(getattr(user, field) != value for field, value in names.items()):
        demand(request, Permission.EDIT_USERS)
        edit_user(user=user, **names, by=request.key, at=request.at)
    if state != user.state:
        turn = suspend_user if state == User.State.SUSPENDED else activate_user
        turn(user=user, by=request.key, at=request.at)
    return JsonResponse(systemuser_body(user))


@endpoint(
    router,
    "DELETE",
    PATH,
    scope=Permission.EDIT_USERS,
    name="systemusers_delete",
    answer=SystemUserBody,
    parameters=[CASCADE],
    at_organization=True,
)
def remove_systemuser(request: ApiOrganizationRequest, user_id: PublicId) -> HttpResponse:
    """Remove a directory user and free the seat. The answer is the user as it was."""
    user = _locked(request, user_id)
    was = systemuser_body(user)
    remove_user(user=user, by=request.key, at=request.at)
    return JsonResponse(was)


class Activation(BaseModel):
    """Whom to tell is passed over: the portal sends directory users no mail."""

    email: Any = None


@endpoint(
    router,
    "POST",
    PATH + "/state/activate",
    scope=Permission.SUSPEND_USERS,
    name="systemusers_state_activate",
    answer=SystemUserBody,
    at_organization=True,
)
def activate_systemuser(request: ApiOrganizationRequest, user_id: PublicId, payload: Activation | None = None) -> HttpResponse:
    """Make a staged or suspended user active. It takes no seat: the user has one."""
    user = activate_user(user=_locked(request, user_id), by=request.key, at=request.at)
    return JsonResponse(systemuser_body(user))


def _locked(request: ApiOrganizationRequest, user_id: str) -> User:
    """The user with its row locked, so that what was read is what is changed."""
    rows = request.mine(User.objects.lock().select_related("organization").filter(organization=request.organization))
    return get_object_or_404(rows, pk=user_id)
