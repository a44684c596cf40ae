"""`/api/users/…`: whose key is it?"""

from django.http import HttpResponse, JsonResponse

from accounts.api_door import ApiRequest, api_door
from accounts.roles import Permission


@api_door("GET", scope=Permission.SEE_ACCOUNT)
def get_self(request: ApiRequest) -> HttpResponse:
    """`/api/users/getSelf`: the provider's own service, as which the key acts. `fields` names the fields wanted, separated by commas or spaces."""
    provider, key = request.provider, request.key
    shown: dict[str, object] = {
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
    wanted = set(request.GET.get("fields", "").replace(",", " ").split())
    return JsonResponse({name: value for name, value in shown.items() if not wanted or name in wanted | {"_id"}})
