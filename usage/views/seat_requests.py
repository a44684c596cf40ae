"""Requests for seats as the MSP sees them: the list, one with what granting it would do, and the answer. A dialog, and a page at its own address."""

from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.doors import OrganizationRequest, ProviderRequest, organization_door, provider_door
from accounts.refusals import page_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import number
from usage.actions.seat_requests import decline_seats, grant_seats
from usage.forms.caps import PLAIN_NUMBER
from usage.forms.seat_requests import DeclineForm, GrantForm
from usage.models import SeatRequest, Seats
from usage.models.seat_request import SeatRequestQuerySet
from usage.queries.caps import caps_together, warnings_about
from usage.queries.licences import licences_of
from usage.queries.seat_requests import Account, account_of, effect_of, seats_as_of
from usage.views.usage import follows

LIST: Final = "seat_requests/requests.html"
PAGE: Final = "seat_requests/request.html"
EFFECT: Final = "seat-request-effect"
COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "organization": ("organization__folded_name", "asked_at"),
    "seats": ("seats", "asked_at"),
    "until": ("until", "asked_at"),
    "asked": "asked_at",
    "answered": ("decided_at", "asked_at"),
}
State = SeatRequest.State
STATES: Final = {state.value: Choice(state.label, partial(SeatRequestQuerySet.in_state, state=state)) for state in State}


@provider_door("GET", permission=Permission.SEE_USAGE)
def seat_requests(request: ProviderRequest) -> HttpResponse:
    """`/organizations/requests/`: the open ones come first, then those answered last."""
    table = TableQuery.from_request(request.GET, columns=COLUMNS, default="-answered", filters={"state": STATES})
    found = table.page(request.mine(SeatRequest.objects.listed()))
    account = _account(request)
    figures = seats_as_of({row.organization_id for row in found.rows if row.is_open}, request.at)
    shown = {
        "table": table,
        "page": found,
        "rows": [(row, _effect(row, figures, account)) for row in found.rows],
        "sees_money": account is not None,
        "answers": request.administrator.may(Permission.EDIT_CAPS),
        "zone": request.provider.time_zone,
        "trail": [{"label": _("Organizations"), "url": reverse("organizations")}, {"label": _("Requests for seats")}],
    }
    return page(request, LIST, shown, fragment="seat-requests-list")


@organization_door("GET", permission=Permission.SEE_USAGE)
def seat_request(request: OrganizationRequest, request_id: str) -> HttpResponse:
    """With `?seats=` the effect is that of granting so many."""
    found = _found(request, request_id)
    fragment = EFFECT if request.headers.get("HX-Target") == EFFECT else "seat-request"
    return page(request, PAGE, _shown(request, found), fragment=fragment)


@organization_door("POST", permission=Permission.EDIT_CAPS)
def grant(request: OrganizationRequest, request_id: str) -> HttpResponse:
    found = _found(request, request_id)
    form = GrantForm(request.POST, request=found)
    if not carry_out(form, grant_seats, request=found, by=request.administrator, at=request.at):
        return _refused(request, request_id, grant_form=form)
    counters = Seats.objects.get(pk=found.organization_id)
    for sentence in _warnings(request, counters):
        messages.warning(request, sentence)
    granted = form.result.granted_seats or 0
    words = ngettext(
        "%(name)s: %(seats)s seat granted, users capped at %(cap)s.",
        "%(name)s: %(seats)s seats granted, users capped at %(cap)s.",
        granted,
    )
    told = {"name": request.organization.name, "seats": number(granted), "cap": number(counters.user_cap)}
    return redirect_to(request, _back(request), words % told)


@organization_door("POST", permission=Permission.EDIT_CAPS)
def decline(request: OrganizationRequest, request_id: str) -> HttpResponse:
    found = _found(request, request_id)
    form = DeclineForm(request.POST)
    if not carry_out(form, decline_seats, request=found, by=request.administrator, at=request.at):
        return _refused(request, request_id, decline_form=form)
    return redirect_to(request, _back(request), _("%(name)s: the request was declined.") % {"name": request.organization.name})


def _found(request: OrganizationRequest, request_id: str) -> SeatRequest:
    mine = request.mine(SeatRequest.objects.listed()).filter(organization=request.organization)
    return get_object_or_404(mine, pk=request_id)


def _refused(request: OrganizationRequest, request_id: str, **forms: Any) -> HttpResponse:
    """The request as it stands by now, with why nothing was done and what was typed."""
    shown = _shown(request, _found(request, request_id), **forms)
    return page(request, PAGE, shown, fragment="seat-request", status=422)


def _shown(
    request: OrganizationRequest, found: SeatRequest, grant_form: GrantForm | None = None, decline_form: DeclineForm | None = None
) -> dict[str, Any]:
    place = request.administrator
    counters = Seats.objects.as_of(request.at).get(pk=found.organization_id)
    wanted = _wanted(request, found)
    if grant_form is not None:
        grant_form.look_at(counters.user_cap)
    usual = {"seats": str(wanted), "seen_cap": counters.user_cap}
    return {
        "asked": found,
        "organization": request.organization,
        "counters": counters,
        "effect": effect_of(wanted, counters, _account(request)) if found.is_open else None,
        "answers": place.may(Permission.EDIT_CAPS),
        "may_grant": found.is_open and counters.has_cap and not request.organization.is_closed,
        "grant_form": grant_form or GrantForm(request=found, initial=usual),
        "decline_form": decline_form or DeclineForm(),
        "refused": next((form for form in (grant_form, decline_form) if form and form.non_field_errors()), None),
        "declining": decline_form is not None,
        "follows": follows(request, [found.organization_id]).get(found.organization_id),
        "zone": request.provider.time_zone,
        "back": _back(request),
        "trail": [
            {"label": _("Organizations"), "url": reverse("organizations")},
            {"label": _("Requests for seats"), "url": reverse("seat-requests")},
            {"label": request.organization.name},
        ],
    }


def _wanted(request: OrganizationRequest, found: SeatRequest) -> int:
    """The seats whose effect is shown: what was typed if it makes sense, else all that were asked for."""
    typed = (request.POST if request.method == "POST" else request.GET).get("seats", "")
    return int(typed) if PLAIN_NUMBER.fullmatch(typed) and int(typed) <= found.seats else found.seats


def _account(request: ProviderRequest) -> Account | None:
    """What stands beside a grant, for who may see licences and the whole provider."""
    place = request.administrator
    if place.is_limited or not place.may(Permission.SEE_LICENSES):
        return None
    return account_of(request.provider, request.at)


def _effect(row: SeatRequest, figures: dict[str, Seats], account: Account | None) -> Any:
    return effect_of(row.seats, figures[row.organization_id], account) if row.is_open else None


def _warnings(request: OrganizationRequest, counters: Seats) -> list[str]:
    """What the cap's own form would warn of."""
    if request.administrator.is_limited or not request.administrator.may(Permission.SEE_LICENSES):
        return warnings_about(counters, None, None)
    return warnings_about(counters, caps_together(request.mine(Seats.objects.all())), licences_of(request.provider))


def _back(request: OrganizationRequest) -> str:
    """The page that the form stood on; a request's own page leads to the list."""
    came_from = page_of(request)
    own = reverse("seat-request", args=[request.organization.pk, "0" * 24]).removesuffix(f"{'0' * 24}/")
    return reverse("seat-requests") if came_from.startswith(own) or came_from == reverse("home") else came_from
