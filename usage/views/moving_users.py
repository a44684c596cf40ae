"""Moving a user to another organization of the MSP: for its administrators who may change users of both."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from usage.actions.users import move_user
from usage.forms.users import MoveForm
from usage.models import User
from usage.views.lists import beside_the_rows

PAGE: Final = "users/move.html"


@provider_door("GET", permission=Permission.EDIT_USERS)
def choose(request: ProviderRequest, organization_id: str, user_id: str) -> HttpResponse:
    user = _user(request, organization_id, user_id)
    return _form(request, user, _move_form(request, user))


@provider_door("POST", permission=Permission.EDIT_USERS)
def move(request: ProviderRequest, organization_id: str, user_id: str) -> HttpResponse:
    user = _user(request, organization_id, user_id)
    form = _move_form(request, user)
    if not carry_out(form, move_user, user=user, by=request.administrator, at=request.at):
        return _form(request, user, form, status=422)
    said = _("%(name)s was moved to %(organization)s.") % {"name": user.name, "organization": form.result.organization.name}
    return redirect_to(request, reverse("organization-users", args=[organization_id]), said)


def _user(request: ProviderRequest, organization_id: str, user_id: str) -> User:
    rows = User.objects.lock() if request.method == "POST" else User.objects.all()
    mine = request.mine(rows.select_related("organization")).filter(organization_id=organization_id)
    return get_object_or_404(mine, pk=user_id)


def _move_form(request: ProviderRequest, user: User) -> MoveForm:
    others = request.organizations().open().exclude(pk=user.organization_id).by_name()  # type: ignore[attr-defined]
    return MoveForm(request.POST if request.method == "POST" else None, organizations=others)


def _form(request: ProviderRequest, user: User, form: MoveForm, status: int = 200) -> HttpResponse:
    shown = {"form": form, "user": user, **beside_the_rows(request, None), "organization": user.organization}
    return page(request, PAGE, shown, fragment="move-form", status=status)
