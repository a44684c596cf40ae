"""`/api/v2/providers/{provider_id}/integrations`: links to PSA tools. There are none here, and clients that ask are told so."""

from typing import Final, Literal

from django.http import HttpResponse, JsonResponse
from ninja import Router
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.answers import refuse
from msp_portal.lib.wire.filters import Column, conditions
from msp_portal.lib.wire.lists import limit_of, names_in, skip_of
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Integrations"])


class Integration(TypedDict):
    """A link to a PSA tool, as the vendor's API would tell it."""

    integrationId: str
    type: Literal["autotask", "connectwise", "syncro"]


class IntegrationList(TypedDict):
    """A page of integrations and how many there are."""

    records: list[Integration]
    totalCount: int


COLUMNS: Final = {"integrationId": Column("integrationId"), "type": Column("type")}


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/integrations",
    scope=Permission.SEE_ACCOUNT,
    name="providers_retrieveIntegrations",
    answer=IntegrationList,
    parameters=parameters.LIST,
)
def list_integrations(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """Always empty: scripts read usage and invoices themselves. A wrong parameter is refused as in every list."""
    limit_of(request.GET)
    skip_of(request.GET)
    conditions(request.GET, COLUMNS)
    for name in (*names_in(request.GET, "sort"), *names_in(request.GET, "sortIgnoreCase")):
        if name.removeprefix("-") not in COLUMNS:
            raise refuse("sort", f"“{name[:60]}” cannot be sorted by.")
    none: IntegrationList = {"records": [], "totalCount": 0}
    return JsonResponse(none, headers={"x-total-count": "0"})
