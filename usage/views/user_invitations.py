"""Inviting users of one organization by mail: a new one, one who is staged already, again, and taking an invitation back."""

from typing import Final

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page
from usage.actions.user_invitations import cancel_invitation, invite_user, send_invitation
from usage.bounds import USER_INVITATION_VALID_FOR
from usage.forms.users import UserInvitationForm
from usage.models import User, UserInvitation
from usage.views.lists import beside_the_rows
from usage.views.organization_users import answer_with_list, answer_with_row, user_of

NEW: Final = "users/invitation_new.html"
ONE: Final = "users/invitation.html"
CANCEL: Final = "users/invitation_cancel.html"


@organization_door("GET", permission=Permission.EDIT_USERS)
def new(request: OrganizationRequest) -> HttpResponse:
    return _new(request, UserInvitationForm())


@organization_door("POST", permission=Permission.EDIT_USERS)
def invite(request: OrganizationRequest) -> HttpResponse:
    form = UserInvitationForm(request.POST)
    if not carry_out(form, invite_user, organization=request.organization, by=request.administrator, at=request.at):
        return _new(request, form, status=422)
    return answer_with_list(request, _("The invitation to %(name)s is on its way.") % {"name": form.result.name})


@organization_door("GET", permission=Permission.EDIT_USERS)
def invitation(request: OrganizationRequest, user_id: str) -> HttpResponse:
    """How the user's invitation stands, and what can be done about it."""
    return _one(request, ONE, user_of(request, user_id))


@organization_door("POST", permission=Permission.EDIT_USERS)
def send(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user, form = user_of(request, user_id), forms.Form(request.POST)
    if not carry_out(form, send_invitation, user=user, by=request.administrator, at=request.at):
        return _one(request, ONE, user, form, status=422)
    return answer_with_row(request, user, _("The invitation to %(name)s is on its way.") % {"name": user.name})


@organization_door("GET", permission=Permission.EDIT_USERS)
def cancellation(request: OrganizationRequest, user_id: str) -> HttpResponse:
    return _one(request, CANCEL, user_of(request, user_id))


@organization_door("POST", permission=Permission.EDIT_USERS)
def cancel(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user, form = user_of(request, user_id), forms.Form(request.POST)
    if not carry_out(form, cancel_invitation, user=user, by=request.administrator, at=request.at):
        return _one(request, CANCEL, user, form, status=422)
    said = _("The invitation of %(name)s was ended; the seat is free.") % {"name": user.name}
    return answer_with_list(request, said, removed_id=user_id)


def _new(request: OrganizationRequest, form: UserInvitationForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "days": USER_INVITATION_VALID_FOR.days, **beside_the_rows(request, request.organization)}
    return page(request, NEW, shown, fragment="user-invitation-form", status=status)


def _one(
    request: OrganizationRequest, template: str, user: User, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    shown = {
        "user": user,
        "organization": request.organization,
        "provider": request.provider,
        "invitation": UserInvitation.objects.waiting().filter(user=user).first(),
        "form": form or forms.Form(),
        "days": USER_INVITATION_VALID_FOR.days,
    }
    return page(request, template, shown, fragment="user-invitation", status=status)
