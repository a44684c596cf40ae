"""A client's administrator asks his MSP for more seats, and may take the request back."""

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page
from usage.actions.seat_requests import ask_for_seats, withdraw_request
from usage.forms.seat_requests import SeatRequestForm
from usage.models import SeatRequest
from usage.views.lists import beside_the_rows

FORM: Final = "seat_requests/new.html"
USERS: Final = "users/users.html"


@organization_door("GET", permission=Permission.REQUEST_SEATS)
def new(request: OrganizationRequest) -> HttpResponse:
    return _form(request, SeatRequestForm())


@organization_door("POST", permission=Permission.REQUEST_SEATS)
def ask(request: OrganizationRequest) -> HttpResponse:
    form = SeatRequestForm(request.POST)
    if not carry_out(form, ask_for_seats, organization=request.organization, by=request.administrator, at=request.at):
        return _form(request, form, status=422)
    return _seats(request, _("%(name)s was asked for more seats.") % {"name": request.provider.name})


@organization_door("POST", permission=Permission.REQUEST_SEATS)
def withdraw(request: OrganizationRequest, request_id: str) -> HttpResponse:
    mine = request.mine(SeatRequest.objects.all()).filter(organization=request.organization)
    form, found = forms.Form(request.POST), get_object_or_404(mine, pk=request_id)
    if carry_out(form, withdraw_request, request=found, by=request.administrator, at=request.at):
        return _seats(request, _("The request was withdrawn."))
    return _seats(request, str(form.non_field_errors()[0]))


def _form(request: OrganizationRequest, form: SeatRequestForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, **_beside(request)}
    return page(request, FORM, shown, fragment="seat-request-form", status=status)


def _seats(request: OrganizationRequest, said: str) -> HttpResponse:
    """The seats and what was asked, as they stand now."""
    then = reverse("organization-users", args=[request.organization.pk])
    return page(request, USERS, _beside(request), fragment="seats-line", toast=said, close_dialog=True, then=then)


def _beside(request: OrganizationRequest) -> dict[str, Any]:
    return beside_the_rows(request, request.organization)
