"""`/api/organizations`, `/api/search/organizations`: the provider's clients with the figures of the usage screen."""

from functools import partial
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.api_door import ApiRequest
from accounts.api_endpoint import ErrorBody, endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import etags, parameters
from msp_portal.lib.wire.lists import Listing, names_in, picked
from msp_portal.lib.wire.searches import Search
from msp_portal.lib.wire.texts import PublicId
from usage.bodies.organization_requests import SettingsChange
from usage.bodies.organizations import COLUMNS, FiguresList, SettledBody, figures_body, settled_body
from usage.models import Seats
from usage.models.seats import SeatsQuerySet
from usage.wire_caps import SHOWS_CAP, answer_with_cap
from usage.wire_changes import change_as_allowed

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
    more={"responses": {200: SHOWS_CAP}},
)
def get_organization(request: ApiRequest, organization_id: PublicId) -> HttpResponse:
    """One organization with its figures and settings; a closed one too, as last month's mark of it is still billed."""
    return _shown(request, organization_id)


@endpoint(
    router,
    "PUT",
    ONE,
    scope=Permission.SEE_USAGE,
    name="organization_put",
    answer=SettledBody,
    errors={412: ErrorBody},
    parameters=[etags.PARAMETER],
    more={"responses": {200: SHOWS_CAP}, "x-permission": Permission.EDIT_CAPS.value},
)
def change_organization(request: ApiRequest, organization_id: PublicId, payload: SettingsChange) -> HttpResponse:
    """Rename an organization, set its contact, its user cap, or all of it. Each change needs its own permission; a value that stays needs none."""
    change_as_allowed(request, Seats.objects.all(), organization_id, payload.said)
    return _shown(request, organization_id)


def _shown(request: ApiRequest, organization_id: str) -> HttpResponse:
    seats = get_object_or_404(_rows(request), pk=organization_id)
    body = picked(settled_body(seats, sees_licences=_sees_licences(request)), names_in(request.GET, "fields"))
    return answer_with_cap(seats, body, rest=etags.digest(body))


def _open_ones(request: ApiRequest) -> QuerySet[Seats]:
    return _rows(request).filter(closed_at=None)


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
