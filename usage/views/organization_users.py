"""What changes the users of one organization, for its own administrators and for the MSP's. Invitations: `user_invitations.py`."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.refusals import page_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page
from usage.actions.users import add_user, edit_user, reactivate_user, remove_user, suspend_user
from usage.bounds import REMOVED_USER_KEPT_FOR
from usage.forms.users import UserForm
from usage.models import User, UserInvitation
from usage.views.lists import beside_the_rows, stands_on
from usage.views.users import LIST, PAGE, REMOVED, list_of

FORM = "users/form.html"


@organization_door("GET", permission=Permission.EDIT_USERS)
def new(request: OrganizationRequest) -> HttpResponse:
    return _form(request, UserForm())


@organization_door("POST", permission=Permission.EDIT_USERS)
def add(request: OrganizationRequest) -> HttpResponse:
    form = UserForm(request.POST)
    if not carry_out(form, add_user, organization=request.organization, by=request.administrator, at=request.at):
        return _form(request, form, status=422)
    return answer_with_list(request, _("%(name)s was added.") % {"name": form.result.name})


@organization_door("GET", permission=Permission.EDIT_USERS)
def edit(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user = user_of(request, user_id)
    return _form(request, UserForm(instance=user), user)


@organization_door("POST", permission=Permission.EDIT_USERS)
def save(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user = user_of(request, user_id)
    form = UserForm(request.POST)
    if carry_out(form, edit_user, user=user, by=request.administrator, at=request.at):
        return answer_with_row(request, user, _saved(user))
    return _form(request, form, user, status=422)


@organization_door("POST", permission=Permission.SUSPEND_USERS)
def suspend(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user = suspend_user(user=user_of(request, user_id), by=request.administrator, at=request.at)
    return answer_with_row(request, user, _("%(name)s is suspended and keeps the seat.") % {"name": user.name})


@organization_door("POST", permission=Permission.SUSPEND_USERS)
def reactivate(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user = reactivate_user(user=user_of(request, user_id), by=request.administrator, at=request.at)
    return answer_with_row(request, user, _("%(name)s is active again.") % {"name": user.name})


@organization_door("GET", permission=Permission.EDIT_USERS)
def removal(request: OrganizationRequest, user_id: str) -> HttpResponse:
    shown = {"user": user_of(request, user_id), "organization": request.organization, "days": REMOVED_USER_KEPT_FOR.days}
    return page(request, "users/removal.html", shown, fragment="removal-form")


@organization_door("POST", permission=Permission.EDIT_USERS)
def remove(request: OrganizationRequest, user_id: str) -> HttpResponse:
    user = user_of(request, user_id)
    remove_user(user=user, by=request.administrator, at=request.at)
    said = _("%(name)s was removed; the seat is free.") % {"name": user.name}
    return answer_with_list(request, said, removed_id=user_id)


def user_of(request: OrganizationRequest, user_id: str) -> User:
    """The user with his row locked, so that what was read is what is changed; 404 for any other organization's."""
    rows = User.objects.lock() if request.method == "POST" else User.objects.all()
    mine = request.mine(rows.select_related("organization")).filter(organization=request.organization)
    return get_object_or_404(mine, pk=user_id)


def _form(request: OrganizationRequest, form: UserForm, user: User | None = None, status: int = 200) -> HttpResponse:
    shown = {"form": form, "user": user, **beside_the_rows(request, request.organization)}
    return page(request, FORM, shown, fragment="user-form", status=status)


def _saved(user: User) -> str:
    said = _("%(name)s was saved.") % {"name": user.name}
    invitation = UserInvitation.objects.waiting().filter(user=user).first()
    if invitation and invitation.is_misdirected:
        said += " " + _("The invitation went to the former address, and its link ended. Send a new one.")
    return said


def answer_with_row(request: OrganizationRequest, user: User, toast: str) -> HttpResponse:
    """The user's row as it stands now, in the list that the reader had."""
    organization = None if stands_on(request, "users") else request.organization
    shown: dict[str, Any] = {**beside_the_rows(request, organization), "row": user}
    back = page_of(request) if request.path != page_of(request) else _list_url(request)
    return page(
        request, PAGE, shown, fragment="user-row", target=f"user-row-{user.pk}", toast=toast, close_dialog=True, then=back
    )


def answer_with_list(request: OrganizationRequest, toast: str, *, removed_id: str = "") -> HttpResponse:
    """The list as the reader had it, and the seats, which changed. Of `removed_id` it offers the undoing."""
    over_all = stands_on(request, "users")
    shown = list_of(request, None if over_all else request.organization, removed_id)
    also = () if over_all else ("seats-line",)
    then = _list_url(request) + (f"?{REMOVED}={removed_id}" if removed_id else "")
    return page(request, PAGE, shown, fragment=LIST, also=also, toast=toast, close_dialog=True, then=then)


def _list_url(request: OrganizationRequest) -> str:
    return reverse("organization-users", args=[request.organization.pk])
