"""`/api/v2/roles`: as what someone can be invited."""

from typing import Annotated

from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import MSP_ROLES, Permission, Role
from accounts.wire.roles import ROLE_IDS, description_of, scopes_of
from msp_portal.lib.wire.lists import limit_of, links_of, names_in, picked, skip_of
from msp_portal.lib.wire.parameters import FIELDS, PAGE
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Administrators"])


class RoleBody(TypedDict):
    """A role: `description` says what it may do, `scopes` the same in the vendor's words as far as there are any."""

    id: PublicId
    name: Annotated[str, Field(examples=["Help Desk"])]
    description: str
    scopes: list[str]


class RoleList(TypedDict):
    """The roles and how many there are."""

    results: list[RoleBody]
    totalCount: int


def role_body(role: Role) -> RoleBody:
    """One role on the wire."""
    return {"id": ROLE_IDS[role], "name": role.value, "description": description_of(role), "scopes": scopes_of(role)}


@endpoint(
    router,
    "GET",
    "/v2/roles",
    scope=Permission.SEE_ADMINISTRATORS,
    name="roles_list",
    answer=RoleList,
    parameters=(FIELDS, *PAGE),
)
def list_roles(request: ApiRequest) -> HttpResponse:
    """The roles that the MSP's own administrators have, the same for every provider; they are made in the portal and never change."""
    limit, skip, wanted = limit_of(request.GET), skip_of(request.GET), names_in(request.GET, "fields")
    total = len(MSP_ROLES)
    answer = JsonResponse(
        {
            "results": [picked(role_body(role), wanted) for role in MSP_ROLES[skip : skip + limit]],
            "totalCount": total,
        }
    )
    answer["x-total-count"] = str(total)
    if links := links_of(request, limit=limit, skip=skip, total=total):
        answer["Link"] = links
    return answer
