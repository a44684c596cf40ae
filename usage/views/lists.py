"""What the lists of users and of devices share: where the reader stands, and what stands beside the rows."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.models import Count, Model, QuerySet, Sum
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.doors import ProviderRequest
from accounts.models import Organization
from accounts.refusals import page_of
from accounts.roles import Permission
from msp_portal.lib.tables import Choice
from usage.models import Seats
from usage.queries.seat_requests import newest_of

MOST_CHOICES: Final = 500  # with more organizations a list to choose from is no help; each has pages of its own


def asked(request: ProviderRequest) -> QueryDict:
    """The query string of the list at hand: the request's own, or that of the page on which the form stood."""
    return request.GET if request.method == "GET" else QueryDict(urlsplit(page_of(request)).query)


def stands_on(request: ProviderRequest, name: str, *arguments: str) -> bool:
    """Whether the form stood on the page of that URL name, such as the list over all organizations."""
    return urlsplit(page_of(request)).path == reverse(name, args=arguments)


def organizations_to_choose(request: ProviderRequest) -> list[Organization]:
    """The organizations that a list can be narrowed to; with very many, only the one already chosen."""
    found = list(request.organizations().filter(closed_at=None).order_by("folded_name", "pk")[: MOST_CHOICES + 1])
    if len(found) > MOST_CHOICES:
        return list(request.organizations().filter(pk=asked(request).get("organization", "")))
    return found


def narrowing_to(organizations: Iterable[Organization]) -> dict[str, Choice]:
    """A list's filter: one choice an organization, by its id."""
    return {organization.pk: _only(organization) for organization in organizations}


def totals_of(request: ProviderRequest) -> dict[str, int]:
    """`users`, `devices` and `organizations` that this administrator reaches, as the counters have them now."""
    mine = request.mine(Seats.objects.of_open_organizations())
    return mine.aggregate(users=Sum("users", default=0), devices=Sum("devices", default=0), organizations=Count("pk"))


def beside_the_rows(request: ProviderRequest, organization: Organization | None) -> dict[str, Any]:
    """What a list's page says beside its rows, at one organization or (None) over all."""
    place = request.administrator
    shown = {
        "organization": organization,
        "provider": request.provider,
        "may_edit": place.may(Permission.EDIT_USERS),
        "may_suspend": place.may(Permission.SUSPEND_USERS),
        "may_edit_caps": place.may(Permission.EDIT_CAPS),
        "may_see_licenses": place.may(Permission.SEE_LICENSES),
        "is_own": place.is_of_an_organization,
        "may_ask": place.is_of_an_organization and place.may(Permission.REQUEST_SEATS),
    }
    if organization is None:
        return {**shown, "totals": totals_of(request)}
    seats = request.mine(Seats.objects.all()).get(organization=organization)
    return {**shown, "seats": seats, "asked": newest_of(organization)}


def around(request: ProviderRequest, organization: Organization, current: str, below: str = "") -> dict[str, Any]:
    """For the MSP's administrators the tabs of one organization's lists and the way there; its own have both in the navigation.

    `below` names a page that stands below the list; it leads all of them back.
    """
    tabs = {"organization-users": _("Users"), "organization-devices": _("Devices")}
    if request.administrator.is_of_an_organization:
        return (
            {"trail": [{"label": tabs[current], "url": reverse(current, args=[organization.pk])}, {"label": below}]}
            if below
            else {}
        )
    if request.administrator.may(Permission.SEE_ORGANIZATIONS):
        tabs = {"organization": _("Overview"), **tabs}
    addresses = {name: reverse(name, args=[organization.pk]) for name in tabs}
    shown: dict[str, Any] = {
        "tabs": [{"label": tabs[name], "url": url, "current": name == current} for name, url in addresses.items()]
    }
    if request.administrator.may(Permission.SEE_ORGANIZATIONS):
        up = {"label": _("Organizations"), "url": reverse("organizations")}
        here = [{"label": tabs[current], "url": addresses[current]}, {"label": below}] if below else [{"label": tabs[current]}]
        shown["trail"] = [up, {"label": organization.name, "url": organization.get_absolute_url()}, *here]
    return shown


def _only(organization: Organization) -> Choice:
    def narrow(rows: QuerySet[Model]) -> QuerySet[Model]:
        return rows.filter(organization_id=organization.pk)

    return Choice(organization.name, narrow)
