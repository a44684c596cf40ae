"""`/api/systemusers`, `/api/search/systemusers`: the directory users of one organization. What is done with one is in `systemuser.py`."""

from dataclasses import replace
from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from ninja import Router

from accounts.api_endpoint import CapReachedBody, ErrorBody, endpoint
from accounts.api_organization import ApiOrganizationRequest
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.searches import Search
from usage.actions.users import add_user
from usage.bodies.systemuser_requests import NewSystemUser
from usage.bodies.systemusers import (
    MOST_SYSTEMUSERS,
    SYSTEMUSERS,
    SystemUserBody,
    SystemUserList,
    systemuser_body,
    with_flags,
)
from usage.models import User
from usage.models.user import UserQuerySet

router = Router(tags=["Users"])

DETAILS: Final = parameters.query(
    "fullValidationDetails", "Taken and passed over: every refusal says all it can.", {"type": "string"}
)


@endpoint(
    router,
    "GET",
    "/systemusers",
    scope=Permission.SEE_USERS,
    name="systemusers_list",
    answer=SystemUserList,
    parameters=parameters.v1_list(MOST_SYSTEMUSERS),
    at_organization=True,
)
def list_systemusers(request: ApiOrganizationRequest) -> HttpResponse:
    """The directory users of the organization."""
    return _listing(request).answer(request, _users(request))


@endpoint(
    router,
    "POST",
    "/search/systemusers",
    scope=Permission.SEE_USERS,
    name="search_systemusers_post",
    answer=SystemUserList,
    parameters=parameters.v1_list(MOST_SYSTEMUSERS),
    at_organization=True,
)
def search_systemusers(request: ApiOrganizationRequest, payload: Search | None = None) -> HttpResponse:
    """The directory users of the organization that match. It is a list asked for in a body, and changes nothing."""
    return (payload or Search()).answer(request, _listing(request), _users(request))


@endpoint(
    router,
    "POST",
    "/systemusers",
    scope=Permission.EDIT_USERS,
    name="systemusers_post",
    answer=SystemUserBody,
    errors={400: CapReachedBody, 402: ErrorBody},
    parameters=[DETAILS],
    at_organization=True,
)
def add_systemuser(request: ApiOrganizationRequest, payload: NewSystemUser) -> HttpResponse:
    """Add a directory user, who takes a seat. At the user cap nothing is added: the answer is 400 with the cap and whom to ask."""
    names, state = payload.names, payload.first_state
    user = add_user(organization=request.organization, **names, state=state, by=request.key, at=request.at)
    return JsonResponse(systemuser_body(user))


def _users(request: ApiOrganizationRequest) -> QuerySet[User]:
    return with_flags(request.mine(User.objects.filter(organization=request.organization)))


def _listing(request: ApiOrganizationRequest) -> Listing[User]:
    return replace(SYSTEMUSERS, search=partial(UserQuerySet.matching, provider_id=request.provider.pk))
