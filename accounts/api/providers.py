"""`/api/v2/providers/{provider_id}`: the MSP itself."""

from typing import Annotated

from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.models import Provider
from accounts.roles import Permission
from msp_portal.lib.wire.lists import names_in, picked
from msp_portal.lib.wire.parameters import FIELDS
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Provider"])


class ProviderContact(TypedDict):
    """Whom the MSP's clients turn to; empty texts where none is given."""

    name: Annotated[str, Field(examples=["Harper Lee"])]
    email: Annotated[str, Field(examples=["help@harbor.example"])]


class ProviderBody(TypedDict):
    """One MSP. With `disallowOrgCreation`, creating an organization is answered 403."""

    id: PublicId
    name: Annotated[str, Field(examples=["Harbor IT"])]
    disallowOrgCreation: bool
    contact: ProviderContact


def provider_body(provider: Provider) -> ProviderBody:
    """The provider on the wire."""
    return {
        "id": provider.pk,
        "name": provider.name,
        "disallowOrgCreation": not provider.may_create_organizations,
        "contact": {"name": provider.contact_name, "email": provider.contact_email},
    }


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}",
    scope=Permission.SEE_ACCOUNT,
    name="providers_getProvider",
    answer=ProviderBody,
    parameters=[FIELDS],
)
def get_provider(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The key's own provider."""
    return JsonResponse(picked(provider_body(request.provider), names_in(request.GET, "fields")))
