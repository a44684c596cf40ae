"""One client organization: its page, its details, its closing."""

from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions.organizations import edit_organization
from accounts.doors import OrganizationRequest, organization_door
from accounts.models import Administrator
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from usage.actions.organizations import close_organization
from usage.forms.organizations import ClosingForm, OrganizationForm
from usage.models import SeatRequest, Seats
from usage.queries.marks import present_month
from usage.queries.months import last_month
from usage.views.days import course_of
from usage.views.lists import around
from usage.views.usage import follows

REQUESTS_SHOWN: Final = 5


@organization_door("GET", permission=Permission.SEE_ORGANIZATIONS)
def organization(request: OrganizationRequest) -> HttpResponse:
    seats = Seats.objects.as_of(request.at).get(pk=request.organization.pk)
    month = present_month(request.provider, request.at)
    shown = {
        "row": seats,
        **course_of(request, seats, month),
        "month": month,
        "last_month": last_month(month.month),
        "administrators": _administrators(request),
        "follows": follows(request, [request.organization.pk]).get(request.organization.pk),
        "seat_requests": request.mine(SeatRequest.objects.newest_first()).filter(organization=request.organization)[
            :REQUESTS_SHOWN
        ],
        **_shown(request),
        "tabs": around(request, request.organization, "organization").get("tabs"),
    }
    return page(request, "organizations/organization.html", shown)


@organization_door("GET", permission=Permission.EDIT_ORGANIZATIONS)
def details(request: OrganizationRequest) -> HttpResponse:
    return _details(request, OrganizationForm(instance=request.organization))


@organization_door("POST", permission=Permission.EDIT_ORGANIZATIONS)
def save_details(request: OrganizationRequest) -> HttpResponse:
    form = OrganizationForm(request.POST)
    if carry_out(form, edit_organization, organization=request.organization, by=request.administrator, at=request.at):
        return redirect_to(request, request.organization.get_absolute_url(), _("The details were saved."))
    return _details(request, form, status=422)


@organization_door("GET", permission=Permission.EDIT_ORGANIZATIONS)
def closing(request: OrganizationRequest) -> HttpResponse:
    seats = Seats.objects.get(pk=request.organization.pk)
    return _closing(request, ClosingForm(initial={"users": seats.users, "devices": seats.devices}), seats)


@organization_door("POST", permission=Permission.EDIT_ORGANIZATIONS)
def close(request: OrganizationRequest) -> HttpResponse:
    form = ClosingForm(request.POST)
    if carry_out(form, close_organization, organization=request.organization, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("organizations"), _("%(name)s was closed.") % {"name": request.organization.name})
    seats = Seats.objects.get(pk=request.organization.pk)
    again = ClosingForm(initial={"users": seats.users, "devices": seats.devices})
    return _closing(request, again, seats, refusal=form.errors, status=422)


def _details(request: OrganizationRequest, form: OrganizationForm, status: int = 200) -> HttpResponse:
    return page(request, "organizations/details.html", {"form": form, **_shown(request)}, fragment="details", status=status)


def _closing(
    request: OrganizationRequest, form: ClosingForm, seats: Seats, refusal: Any = None, status: int = 200
) -> HttpResponse:
    shown = {"form": form, "row": seats, "refusal": refusal, **_shown(request)}
    return page(request, "organizations/closing.html", shown, fragment="closing", status=status)


def _shown(request: OrganizationRequest) -> dict[str, Any]:
    place, client = request.administrator, request.organization
    return {
        "organization": client,
        "zone": request.provider.time_zone,
        "may_edit": place.may(Permission.EDIT_ORGANIZATIONS) and not client.is_closed,
        "edits_caps": place.may(Permission.EDIT_CAPS) and not client.is_closed,
        "sees_administrators": place.may(Permission.SEE_ADMINISTRATORS),
        "may_invite": place.may(Permission.EDIT_ADMINISTRATORS) and not place.is_limited,
        "trail": [{"label": _("Organizations"), "url": reverse("organizations")}, {"label": client.name}],
    }


def _administrators(request: OrganizationRequest) -> list[Administrator]:
    """The client's own administrators."""
    return list(request.mine(Administrator.objects.filter(organization=request.organization).by_name()))
