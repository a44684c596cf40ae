"""The user cap of one organization, beside what one wants to know when setting it. A dialog, and a page at its own address."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.refusals import page_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to, wants_fragment
from msp_portal.lib.templatetags.portal import number
from usage.actions.cap_changes import set_cap_for_a_time
from usage.forms.cap_terms import DatedCapForm
from usage.models import Seats
from usage.queries.cap_changes import cap_in_words, open_change
from usage.queries.caps import Caps, caps_together, warnings_about
from usage.queries.licences import Licences, licences_of
from usage.queries.marks import present_month
from usage.queries.months import last_month
from usage.views.days import course_of
from usage.views.usage import follows, what_rows_offer


@organization_door("GET", permission=Permission.SEE_USAGE)
def cap(request: OrganizationRequest) -> HttpResponse:
    seats = _seats(request)
    return page(request, "usage/cap.html", _shown(request, seats, _form(request, seats)), fragment="cap")


@organization_door("POST", permission=Permission.EDIT_CAPS)
def save_cap(request: OrganizationRequest) -> HttpResponse:
    form = _form(request, _seats(request), request.POST)
    if not carry_out(form, set_cap_for_a_time, organization=request.organization, by=request.administrator, at=request.at):
        return page(request, "usage/cap.html", _shown(request, _seats(request), form), fragment="cap", status=422)
    seats = _seats(request)
    warnings = warnings_about(seats, *_beside(request))
    if wants_fragment(request) and page_of(request).startswith(reverse("usage")):
        shown = {"row": seats, "warnings": warnings, **_months(request), **what_rows_offer(request, [seats.pk])}
        target = f"organization-row-{seats.pk}"
        return page(
            request,
            "usage/usage.html",
            shown,
            fragment="organization-row",
            target=target,
            also=("cap-warnings",),
            toast=" ".join([_said(request, seats), *warnings[:1]]),
            close_dialog=True,
        )
    for sentence in warnings:
        messages.warning(request, sentence)
    return redirect_to(request, _back(request), _said(request, seats))


def _seats(request: OrganizationRequest) -> Seats:
    return Seats.objects.as_of(request.at).select_related("organization").get(pk=request.organization.pk)


def _form(request: OrganizationRequest, seats: Seats, typed: QueryDict | None = None) -> DatedCapForm:
    return DatedCapForm(typed, seats=seats, change=open_change(seats.pk), zone=request.provider.time_zone, at=request.at)


def _shown(request: OrganizationRequest, seats: Seats, form: DatedCapForm) -> dict[str, Any]:
    caps, licences = _beside(request)
    months = _months(request)
    return {
        "row": seats,
        "form": form,
        "organization": request.organization,
        **months,
        **course_of(request, seats, months["month"]),
        "caps": caps,
        "licences": licences,
        "follows": follows(request, [seats.pk]).get(seats.pk),
        "zone": request.provider.time_zone,
        "back": reverse("usage"),
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": request.organization.name}],
        **what_rows_offer(request, [seats.pk]),
    }


def _months(request: OrganizationRequest) -> dict[str, Any]:
    """The present month and the one before, of which the marks are."""
    month = present_month(request.provider, request.at)
    return {"month": month, "last_month": last_month(month.month)}


def _beside(request: OrganizationRequest) -> tuple[Caps | None, Licences | None]:
    """All caps together and the licences, for who may see licences and the whole provider."""
    place = request.administrator
    if not place.may(Permission.SEE_LICENSES):
        return None, None
    return None if place.is_limited else caps_together(request.mine(Seats.objects.all())), licences_of(request.provider)


def _said(request: OrganizationRequest, seats: Seats) -> str:
    told = {"name": seats.organization.name, "cap": number(seats.user_cap), "follows": follows(request, [seats.pk]).get(seats.pk)}
    if told["follows"]:
        return _("%(name)s: %(cap)s, %(follows)s.") % {**told, "cap": cap_in_words(seats.user_cap)}
    if seats.user_cap is None:
        return _("%(name)s: No User Cap.") % told
    return _("%(name)s: users capped at %(cap)s.") % told


def _back(request: OrganizationRequest) -> str:
    """The page the form stood on; its own page leads to the Usage tab."""
    came_from = page_of(request)
    return reverse("usage") if came_from == request.path or came_from == reverse("home") else came_from
