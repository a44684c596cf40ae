"""`/api/organizations`, `/api/search/organizations`: the provider's clients with the figures of the usage screen."""

from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.lists import Listing, names_in, picked
from msp_portal.lib.wire.searches import Search
from msp_portal.lib.wire.texts import PublicId
from usage.bodies.organizations import COLUMNS, FiguresList, SettledBody, figures_body, settled_body
from usage.models import Seats
from usage.models.seats import SeatsQuerySet

router = Router(tags=["Organizations"])

ONE: Final = "/organizations/{organization_id}"


@endpoint(
    router,
    "GET",
    "/organizations",
    scope=Permission.SEE_USAGE,
    name="organization_list",
    answer=FiguresList,
    parameters=parameters.v1_list(),
)
def list_organizations(request: ApiRequest) -> HttpResponse:
    """The provider's open organizations with their counts, marks and caps, as the usage screen shows them."""
    return _listing(request).answer(request, _open_ones(request))


@endpoint(
    router,
    "POST",
    "/search/organizations",
    scope=Permission.SEE_USAGE,
    name="search_organizations_post",
    answer=FiguresList,
    parameters=parameters.v1_list(),
)
def search_organizations(request: ApiRequest, payload: Search | None = None) -> HttpResponse:
    """The provider's open organizations that match. It is a list asked for in a body, and changes nothing."""
    return (payload or Search()).answer(request, _listing(request), _open_ones(request))


@endpoint(
    router,
    "GET",
    ONE,
    scope=Permission.SEE_ORGANIZATIONS,
    name="organizations_get",
    answer=SettledBody,
    parameters=[parameters.FIELDS],
)
def get_organization(request: ApiRequest, organization_id: PublicId) -> HttpResponse:
    """One organization with its figures and settings; a closed one too, as last month's mark of it is still billed."""
    seats = get_object_or_404(_rows(request), pk=organization_id)
    body = settled_body(seats, sees_licences=_sees_licences(request))
    return JsonResponse(picked(body, names_in(request.GET, "fields")))


def _open_ones(request: ApiRequest) -> QuerySet[Seats]:
    return _rows(request).filter(organization__closed_at=None)


def _rows(request: ApiRequest) -> QuerySet[Seats]:
    """The figures of now, with what `figures_body` reads beside them."""
    beside = ("organization", "provider__licensing") if _sees_licences(request) else ("organization",)
    return request.mine(Seats.objects.as_of(request.at)).select_related(*beside)


def _listing(request: ApiRequest) -> Listing[Seats]:
    return Listing(
        columns=COLUMNS,
        body=partial(figures_body, sees_licences=_sees_licences(request)),
        order=("organization_id",),
        search=partial(SeatsQuerySet.matching, provider_id=request.provider.pk),
    )


def _sees_licences(request: ApiRequest) -> bool:
    return request.key.may(Permission.SEE_LICENSES)
