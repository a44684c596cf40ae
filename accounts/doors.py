"""The doors: every view is made by one of these. A walk over the URL map fails on a view without their mark.

A door signs in, finds the place, checks the permission table, opens the tenant's scope, runs and renders the view inside it, and writes
refusals to the audit log after the rollback.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from ipaddress import ip_address
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, QueryDict
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django_htmx.middleware import HtmxDetails

from accounts import audit
from accounts.freshness import is_fresh
from accounts.models import Access, Administrator, AuditEvent, Organization, Person, Provider
from accounts.places import chosen_place, places_of
from accounts.refusals import busy, choose_place, no_place, note_refusals, sign_in_again, step_up, too_junior
from accounts.roles import Permission
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES, start_noting

M = TypeVar("M", bound=Model)
T = TypeVar("T")
View = Callable[..., HttpResponseBase]


class Mine(Protocol):
    def __call__(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Only the rows that this administrator may reach."""


class PublicRequest(HttpRequest):
    """What `public` hands to its view; the person may be signed in or not."""

    at: datetime


class MayNot(PermissionDenied):
    """What a view refuses for want of a permission that is not its door's own."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission.value)
        self.permission = permission


class PersonRequest(PublicRequest):
    """What `signed_in` hands to its view."""

    user: Person
    places: list[Administrator]


class ProviderRequest(HttpRequest):
    """What a door hands to its view."""

    htmx: HtmxDetails
    administrator: Administrator
    provider: Provider
    at: datetime
    mine: Mine
    organizations: Callable[[], QuerySet[Organization]]


class OrganizationRequest(ProviderRequest):
    """The same, at one organization that the administrator may reach."""

    organization: Organization


def public(*methods: str) -> Callable[[View], View]:
    """A door for everyone: no tenant, no scope."""

    def make(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not takes(methods, request):
                return HttpResponseNotAllowed(methods)
            return view(_open_to_all(request), *args, **kwargs)

        return mark(door, "public", methods, None)

    return make


def signed_in(*methods: str, fresh: bool = False) -> Callable[[View], View]:
    """A door for every signed-in person, whatever the place: choosing one, the own password and second factor.

    No scope is open. The view finds `at` and `places`, and where a place is chosen `administrator`, so that the shell is drawn around it.
    """

    def make(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not takes(methods, request):
                return HttpResponseNotAllowed(methods)
            if not request.user.is_authenticated:
                return sign_in_again(request)
            if fresh and not is_fresh(request, datetime.now(UTC)):
                return step_up(request)
            return view(_at_any_place(request), *args, **kwargs)

        return mark(door, "signed_in", methods, None)

    return make


def provider_door(*methods: str, permission: Permission, fresh: bool = False) -> Callable[[View], View]:
    """A door for the MSP's administrators who have `permission`; with `fresh`, who proved within five minutes that it is them."""
    return lambda view: _tenant_door(view, "provider", methods, permission, fresh)


def organization_door(*methods: str, permission: Permission) -> Callable[[View], View]:
    """A door to one organization, named by `organization_id` in the URL, for its own administrators and for the MSP's.

    An organization that does not exist, is someone else's or is out of reach is a 404.
    """

    return lambda view: _tenant_door(at_the_organization(view), "organization", methods, permission, fresh=False)


def at_the_organization(act: Callable[..., T]) -> Callable[..., T]:
    """`act` with the organization that the URL names, looked up from those that this administrator may reach."""

    @wraps(act)
    def there(request: OrganizationRequest, organization_id: str, **kwargs: Any) -> T:
        found = request.organizations().filter(pk=organization_id).first()
        if found is None:
            raise Http404
        request.organization = found
        return act(request, **kwargs)

    return there


def own_door(*methods: str) -> Callable[[View], View]:
    """A door for every administrator, of the MSP or of a client, to what is his own at this place. The view starts from `request.administrator`."""
    return lambda view: _tenant_door(view, "own", methods, None, fresh=False)


def request_for(place: Administrator, address: str, at: datetime) -> ProviderRequest:
    """What a door would hand to its view if `place` asked for `address`, a path with its query: for the worker, in a person's place.

    Call it inside the place's scope.

    :raises Http404: for what is no address.
    """
    try:
        parts = urlsplit(address)
    except ValueError:  # such as a bracket that is not closed
        raise Http404 from None
    request = ProviderRequest()
    request.method, request.path, request.path_info, request.GET = "GET", parts.path, parts.path, QueryDict(parts.query)
    ours = _prepare(request, place, several=False)
    ours.at, ours.provider = at, Provider.objects.get(pk=place.provider_id)
    return ours


def by_method(**doors: View) -> View:
    """One address with a door for each method: `by_method(GET=list_users, POST=add_user)`. HEAD takes GET's."""

    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = doors.get("GET" if request.method == "HEAD" else request.method or "")
        return chosen(request, *args, **kwargs) if chosen else HttpResponseNotAllowed(doors)

    door.doors = doors  # type: ignore[attr-defined]  # the walk looks at each
    return mark(door, "by_method", tuple(doors), None)


def takes(methods: tuple[str, ...], request: HttpRequest) -> bool:
    """HEAD is GET without its body; for a door without GET it would be an act that no token guards."""
    return request.method in methods or (request.method == "HEAD" and "GET" in methods)


def _tenant_door(view: View, kind: str, methods: tuple[str, ...], permission: Permission | None, fresh: bool) -> View:
    @wraps(view)
    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not takes(methods, request):
            return HttpResponseNotAllowed(methods)
        if not request.user.is_authenticated:
            return sign_in_again(request)
        places = places_of(request.user)
        place = chosen_place(request, places)
        if place is None:
            return choose_place(request) if places else no_place(request)
        ours = _prepare(request, place, several=len(places) > 1)
        if permission and not place.may(permission):
            return _refuse(ours, permission)
        if kind == "provider" and place.is_of_an_organization:
            raise Http404  # what he may see of this stands at his organization's own address
        if fresh and not is_fresh(ours, ours.at):
            return step_up(request)
        return _run_in_scope(view, ours, permission, args, kwargs)

    return mark(door, kind, methods, permission)


def _open_to_all(request: HttpRequest) -> PublicRequest:
    ours = cast(PublicRequest, request)
    audit.address.set(address_of(request))
    ours.at = datetime.now(UTC)
    return ours


def _at_any_place(request: HttpRequest) -> PersonRequest:
    ours = cast(PersonRequest, _open_to_all(request))
    ours.places = places_of(ours.user)
    if place := chosen_place(request, ours.places):
        _prepare(request, place, several=len(ours.places) > 1)
    return ours


def _prepare(request: HttpRequest, place: Administrator, several: bool) -> ProviderRequest:
    ours = cast(ProviderRequest, request)
    ours.administrator = place
    ours.at = datetime.now(UTC)
    ours.mine = lambda rows: _reachable(rows, place, "organization_id")
    ours.organizations = lambda: _reachable(Organization.objects.all(), place, "pk")
    place.has_several_places = several  # type: ignore[attr-defined]  # the shell offers the switch
    audit.address.set(address_of(request))
    structlog.contextvars.bind_contextvars(provider=place.provider_id, actor=place.pk)
    return ours


def _reachable(rows: QuerySet[M], place: Administrator, organization: str) -> QuerySet[M]:
    """The second lock: the query itself starts from the provider, and from the access rows of a limited administrator."""
    rows = rows.filter(provider_id=place.provider_id)
    if place.is_limited:
        reached = Access.objects.filter(administrator_id=place.pk, provider_id=place.provider_id).values("organization_id")
        rows = rows.filter(**{f"{organization}__in": reached})
    return rows


def _run_in_scope(
    view: View, request: ProviderRequest, permission: Permission | None, args: Any, kwargs: Any
) -> HttpResponseBase:
    place, refusals = request.administrator, start_noting()
    try:
        with tenancy.scope(place.provider_id, place.reach, place.name):
            request.provider = Provider.objects.get(pk=place.provider_id)
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response.render()  # inside the scope: afterwards it would find no rows
    except PermissionDenied as fault:
        wanted = fault.permission if isinstance(fault, MayNot) else permission
        if wanted is None:
            raise
        return _refuse(request, wanted)
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        return busy(request)
    note_refusals(request, refusals, kwargs.get("organization_id"))
    return response


def _refuse(request: ProviderRequest, permission: Permission) -> HttpResponseBase:
    """403 with who can help, and a line in the audit log."""
    place = request.administrator
    with tenancy.scope(place.provider_id, place.reach, place.name):
        audit.record(
            place,
            f"refused.{permission.value}",
            outcome=AuditEvent.Outcome.REFUSED,
            at=request.at,
            path=request.path,
            method=request.method,
        )
        return too_junior(request, permission)


def address_of(request: HttpRequest) -> str | None:
    """The client's address; behind our proxy it is the last one that the proxy added. What is no address is passed over."""
    forwarded = "" if settings.LOOPBACK else request.headers.get("X-Forwarded-For", "")
    try:
        return str(ip_address(forwarded.split(",")[-1].strip()))
    except ValueError:
        return request.META.get("REMOTE_ADDR")


def mark(door: View, kind: str, methods: tuple[str, ...], permission: Permission | None) -> View:
    door.door = (kind, methods, permission)  # type: ignore[attr-defined]
    return door
