"""Users who were removed a short while ago: the list, restoring one, and erasing one at once."""

from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import OrganizationRequest, organization_door
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page
from msp_portal.lib.tables import TableQuery
from usage.actions.removed_users import erase_removed, restore_user
from usage.bounds import REMOVED_USER_KEPT_FOR
from usage.models import RemovedUser
from usage.views.lists import around, asked, beside_the_rows, stands_on
from usage.views.organization_users import answer_with_list

LIST: Final = "users/removed.html"
RESTORE: Final = "users/restoration.html"
ERASE: Final = "users/erasure.html"
COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "name": ("name", "pk"),
    "user_name": ("user_name", "pk"),
    "removed": ("removed_at", "pk"),
    "by": ("removed_by", "removed_at"),
}


@organization_door("GET", permission=Permission.EDIT_USERS)
def removed_users(request: OrganizationRequest) -> HttpResponse:
    return _list(request)


@organization_door("GET", permission=Permission.EDIT_USERS)
def restoration(request: OrganizationRequest, removed_id: str) -> HttpResponse:
    return _question(request, _removed(request, removed_id), forms.Form())


@organization_door("POST", permission=Permission.EDIT_USERS)
def restore(request: OrganizationRequest, removed_id: str) -> HttpResponse:
    removed, form = _removed(request, removed_id), forms.Form(request.POST)
    if not carry_out(form, restore_user, removed=removed, by=request.administrator, at=request.at):
        return _question(request, removed, form, status=422)
    said = _("%(name)s is back and has a seat again.") % {"name": form.result.name}  # type: ignore[attr-defined]
    if stands_on(request, "removed-users", request.organization.pk):
        return _list(request, said)
    return answer_with_list(request, said)


@organization_door("GET", permission=Permission.EDIT_USERS)
def erasure(request: OrganizationRequest, removed_id: str) -> HttpResponse:
    return _erasure(request, _removed(request, removed_id), forms.Form())


@organization_door("POST", permission=Permission.EDIT_USERS)
def erase(request: OrganizationRequest, removed_id: str) -> HttpResponse:
    removed, form = _removed(request, removed_id), forms.Form(request.POST)
    if not carry_out(form, erase_removed, removed=removed, by=request.administrator, at=request.at):
        return _erasure(request, removed, form, status=422)
    return _list(request, _("What was kept of %(name)s is erased.") % {"name": removed.name})


def _erasure(request: OrganizationRequest, removed: RemovedUser, form: forms.Form, status: int = 200) -> HttpResponse:
    shown = {"removed": removed, "form": form, "organization": request.organization}
    return page(request, ERASE, shown, fragment="erasure-form", status=status)


def _removed(request: OrganizationRequest, removed_id: str) -> RemovedUser:
    mine = request.mine(RemovedUser.objects.kept(request.at)).filter(organization=request.organization)
    return get_object_or_404(mine, pk=removed_id)


def _question(request: OrganizationRequest, removed: RemovedUser, form: forms.Form, status: int = 200) -> HttpResponse:
    shown = {"removed": removed, "form": form, **beside_the_rows(request, request.organization)}
    return page(request, RESTORE, shown, fragment="restoration-form", status=status)


def _list(request: OrganizationRequest, toast: str | None = None) -> HttpResponse:
    table = TableQuery.from_request(asked(request), columns=COLUMNS, default="-removed")
    rows = request.mine(RemovedUser.objects.kept(request.at)).filter(organization=request.organization)
    here = reverse("removed-users", args=[request.organization.pk])
    shown = {
        "organization": request.organization,
        "table": table,
        "page": table.page(rows),
        "days": REMOVED_USER_KEPT_FOR.days,
        "zone": request.provider.time_zone,
        **around(request, request.organization, "organization-users", below=_("Recently removed")),
    }
    done = {"close_dialog": True, "then": here} if toast else {}
    return page(request, LIST, shown, fragment="removed-list", toast=toast, **done)  # type: ignore[arg-type]
