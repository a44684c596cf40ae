"""The JSON API as a whole: the apps' routers under `/api`, each address with a door for each of its methods."""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from accounts.api import routers as of_accounts
from accounts.doors import mark
from billing.api import routers as of_billing
from msp_portal.lib.wire.answers import WireError, json_error
from msp_portal.lib.wire.texts import StrictJson
from usage.api import routers as of_usage

api = NinjaAPI(
    title="Provider Portal API",
    version="2",
    description="What Managed Service Providers' scripts do with their account: organizations, users, caps, usage and invoices.",
    parser=StrictJson(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
for router in (*of_accounts, *of_usage, *of_billing):
    api.add_router("", router)


@api.exception_handler(Http404)
@api.exception_handler(HttpError)
@api.exception_handler(ValidationError)
def leave_it_to_the_door(request: HttpRequest, fault: Any) -> NoReturn:
    """The door rolls back, words the refusal and writes the audit log. What our parser refuses comes wrapped by ninja."""
    raise fault.__cause__ if isinstance(fault.__cause__, WireError) else fault


def addresses() -> Iterator[URLPattern]:
    """A URL pattern below `/api/` for every address of the routers."""
    for router in api._get_bound_routers():  # ninja's own patterns hide the doors from the walk that looks for their marks
        for written, found in router.path_operations.items():
            doors = {method: operation.run for operation in found.operations for method in operation.methods}
            route = written.removeprefix("/").replace("{", "<").replace("}", ">")
            yield path(route, _by_method(doors), name=f"api{written}")


def _by_method(doors: dict[str, Callable[..., HttpResponseBase]]) -> Callable[..., HttpResponseBase]:
    """HEAD takes GET's. What no door takes is refused in JSON."""

    def address(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        door = doors.get("GET" if request.method == "HEAD" else request.method or "")
        if door is None:
            return json_error(405, headers={"Allow": ", ".join(sorted(doors))})
        return door(request, *args, **kwargs)

    address.csrf_exempt = True  # type: ignore[attr-defined]
    address.doors = doors  # type: ignore[attr-defined]  # the walk looks at each
    return mark(address, "by_method", tuple(doors), None)
