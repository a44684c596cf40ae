"""Endpoints of the JSON API: one call names method, address, permission and the shapes of question and answer; door and OpenAPI follow from it.

    @endpoint(router, "GET", "/v2/providers/{provider_id}/organizations", scope=Permission.SEE_ORGANIZATIONS,
              name="providers_listOrganizations", answer=OrganizationList)
    def list_organizations(request: ApiRequest, provider_id: PublicId) -> HttpResponse: …

The view answers with a `JsonResponse` of a `TypedDict` that is also the `answer` described to clients; that the two agree is checked by types
here and by the contract tests over HTTP.
"""

from collections.abc import Callable, Sequence
from inspect import getdoc
from typing import Any, Final, Literal, NotRequired

from ninja import Router
from ninja.decorators import decorate_view
from typing_extensions import TypedDict

from accounts.api_door import api_door
from accounts.api_organization import at_one_organization, organization_parameter
from accounts.doors import View
from accounts.roles import Permission

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class FieldViolation(TypedDict):
    """One part of the request and what is wrong with it."""

    field: str
    description: str


class ErrorBody(TypedDict):
    """Every error. `details` comes with a 400 that names parts of the request, `incident` with a 500: quote it to support."""

    code: int
    status: str
    message: str
    details: NotRequired[list[dict[str, Any]]]
    incident: NotRequired[str]


class Contact(TypedDict):
    """Whom the MSP named for questions."""

    name: str
    email: str
    phone: str


class CapReachedBody(ErrorBody):
    """A 400; those that the user cap gave also say which organization is full, its cap, how many users it has, and whom to ask."""

    error: NotRequired[str]
    organization: NotRequired[str]
    cap: NotRequired[int]
    current: NotRequired[int]
    contact: NotRequired[Contact]


ALWAYS_POSSIBLE: Final = (400, 401, 403, 404, 405, 429, 500, 503)
WITH_A_BODY: Final = (409, 413, 422)


def endpoint(
    router: Router,
    method: Method,
    path: str,
    *,
    scope: Permission,
    name: str,
    answer: Any,
    status: int = 200,
    errors: dict[int, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    at_organization: bool = False,
    more: dict[str, Any] | None = None,
) -> Callable[[View], View]:
    """Register the view at `/api` + `path` behind `api_door`.

    `answer` is the shape of the body at `status` (None for no body); `errors` replaces the usual error's shape at a status or adds one;
    `parameters` are OpenAPI parameter objects for what the view reads from the query string itself; `more` goes into the OpenAPI operation as it is.
    `at_organization` asks every request to name its organization, and the view is given an `ApiOrganizationRequest`.
    """
    usual = ALWAYS_POSSIBLE if method == "GET" else (*ALWAYS_POSSIBLE, *WITH_A_BODY)
    shapes = {status: answer, **dict.fromkeys(usual, ErrorBody), **(errors or {})}
    if at_organization:
        parameters = [*parameters, organization_parameter(required=True)]
    described = {"x-permission": scope.value, **({"parameters": list(parameters)} if parameters else {}), **(more or {})}

    def make(view: View) -> View:
        summary, _, description = " ".join((getdoc(view) or name).split()).partition(". ")
        inner = [at_one_organization] if at_organization else []
        opened = decorate_view(*inner, api_door(method, scope=scope))(view)
        register = router.api_operation(
            [method],
            path,
            operation_id=name,
            response=shapes,
            summary=summary.removesuffix("."),
            description=description or summary,
            openapi_extra=described,
        )
        return register(opened)

    return make
