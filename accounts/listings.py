"""Listings as files. A view says what is in its file; here is how it leaves: at once, or when it is long through the worker (docs/decisions/0025).

    @provider_csv(permission=Permission.SEE_USERS)
    def users_csv(request: ProviderRequest) -> Listing:
        return Listing("users.csv", HEADER, rows, cells)

The address of the CSV with its query says all that is in the file, so the worker finds the same view by it and asks in the reader's place.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, resolve

from accounts.bounds import DIRECT_EXPORT_MAX
from accounts.doors import MayNot, ProviderRequest, View, at_the_organization, organization_door, provider_door
from accounts.models import Administrator
from accounts.roles import Permission
from accounts.streams import scoped
from msp_portal.lib.csv_export import csv_response, dialect_of
from msp_portal.lib.page import page

ROWS_READ_AT_ONCE: Final = 2_000


@dataclass(frozen=True)
class Listing:
    """What one file holds: `rows` as `cells`, read when the file is written, below them the lines of `closing`."""

    name: str
    header: Sequence[object]
    rows: QuerySet[Any, Any] | Sequence[Any]
    cells: Callable[[Any], Sequence[object]] = tuple
    closing: Sequence[Sequence[object]] = ()

    def lines(self) -> Iterator[Sequence[object]]:
        """What stands below the header. Needs the scope of the reader."""
        rows = self.rows.iterator(chunk_size=ROWS_READ_AT_ONCE) if isinstance(self.rows, QuerySet) else self.rows
        yield from map(self.cells, rows)
        yield from self.closing

    def is_longer_than(self, number: int) -> bool:
        """Counts no further than it must."""
        if isinstance(self.rows, QuerySet):
            return self.rows.order_by()[: number + 1].count() > number
        return len(self.rows) > number

    def length(self) -> int:
        return (self.rows.count() if isinstance(self.rows, QuerySet) else len(self.rows)) + len(self.closing)


Build = Callable[..., Listing]


def provider_csv(*, permission: Permission) -> Callable[[Build], View]:
    """A provider's door to a listing as a file."""
    return lambda build: _opened(provider_door("GET", permission=permission)(_sent(build)), build)


def organization_csv(*, permission: Permission) -> Callable[[Build], View]:
    """A door to a listing of one organization as a file."""
    return lambda build: _opened(organization_door("GET", permission=permission)(_sent(build)), at_the_organization(build))


def listing_for(request: ProviderRequest) -> Listing:
    """What the CSV at the request's address holds for its reader, by the rights of its door.

    :raises Http404: where there is no CSV, or not for him.
    :raises MayNot: for want of the permission.
    """
    place, match = request.administrator, _match(request.path)
    kind, _methods, permission = match.func.door  # type: ignore[attr-defined]  # `doors.mark` makes it
    if not place.may(permission):
        raise MayNot(permission)
    if kind == "provider" and place.is_of_an_organization:
        raise Http404
    listing: Listing = match.func.listing(request, *match.args, **match.kwargs)  # type: ignore[attr-defined]
    return listing


def may_read(place: Administrator, address: str) -> bool:
    """Whether `place` has the permission that the CSV at `address` asks for; not for one that is no more."""
    try:
        return place.may(_match(urlsplit(address).path).func.door[2])  # type: ignore[attr-defined]
    except Http404:
        return False


def _match(path: str) -> ResolverMatch:
    match = resolve(path)
    if not hasattr(match.func, "listing"):
        raise Http404
    return match


def _sent(build: Build) -> View:
    @wraps(build)
    def view(request: ProviderRequest, **parts: Any) -> HttpResponseBase:
        return _answer(request, build(request, **parts))

    return view


def _answer(request: ProviderRequest, listing: Listing) -> HttpResponseBase:
    """The file, or the offer to let the worker make it: that writes something, so it takes a form."""
    if listing.is_longer_than(DIRECT_EXPORT_MAX):
        shown = {"listing": listing, "address": request.get_full_path(), "most": DIRECT_EXPORT_MAX}
        return page(request, "exports/offer.html", shown)
    return csv_response(listing.name, listing.header, scoped(request.administrator, listing.lines()), dialect_of(request))


def _opened(door: View, build: Build) -> View:
    door.listing = build  # type: ignore[attr-defined]
    return door
