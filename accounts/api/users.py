"""`/api/users/…`: whose key is it?"""

from django.http import HttpResponse, JsonResponse
from ninja import Router
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.wire.lists import names_in, picked
from msp_portal.lib.wire.parameters import FIELDS

router = Router(tags=["Who is asking"])


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
