"""Who administers the account: the list, invitations, roles, suspension."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actions import administrators as actions
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.administrators import InvitationForm, PlaceForm, initial_of
from accounts.models import Administrator
from accounts.roles import Permission, Role
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery

LIST: Final = "accounts/administrators.html"
CONFIRM: Final = "accounts/administrator_confirm.html"
STATES: Final = {
    "active": Choice(gettext_lazy("Active"), lambda rows: rows.active()),
    "invited": Choice(gettext_lazy("Invited"), lambda rows: rows.filter(joined_at=None, suspended_at=None)),
    "suspended": Choice(gettext_lazy("Suspended"), lambda rows: rows.filter(suspended_at__isnull=False)),
}
KINDS: Final = {
    "own": Choice(gettext_lazy("Our own"), lambda rows: rows.of_the_msp()),
    "clients": Choice(gettext_lazy("Of clients"), lambda rows: rows.filter(organization__isnull=False)),
}


@provider_door("GET", permission=Permission.SEE_ADMINISTRATORS)
def administrators(request: ProviderRequest) -> HttpResponse:
    """`/administrators/`"""
    table = TableQuery.from_request(
        request.GET,
        columns={"name": ("last_name", "first_name"), "role": ("role", "last_name"), "email": "email"},
        default="name",
        search=_matching,
        filters={"kind": KINDS, "state": STATES},
    )
    rows = _reached(request).select_related("organization").annotate(number_of_organizations=Count("access"))
    return page(request, LIST, {"table": table, "page": table.page(rows), **_rights(request)}, fragment="administrators-list")


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS, fresh=True)
def administrator_new(request: ProviderRequest) -> HttpResponse:
    """`/administrators/new/`"""
    chosen = request.GET.getlist("organization")
    initial = {"organizations": chosen, **({"role": Role.ORGANIZATION_ADMINISTRATOR} if chosen else {})}
    form = InvitationForm(_posted(request), initial=initial, organizations=request.organizations().open().by_name())  # type: ignore[attr-defined]
    if carry_out(form, actions.invite, provider=request.provider, by=request.administrator, at=request.at):
        return _back(request, _("The invitation to %(name)s is on its way.") % {"name": form.result.name})
    return _form(request, form, _("Invite an administrator"), _("Send invitation"), reverse("administrator-new"))


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS, fresh=True)
def administrator(request: ProviderRequest, administrator_id: str) -> HttpResponse:
    """`/administrators/<id>/`: role, organizations, API access."""
    found = get_object_or_404(_reached(request).filter(organization=None), pk=administrator_id)
    form = PlaceForm(_posted(request), initial=initial_of(found), organizations=request.organizations().open().by_name())  # type: ignore[attr-defined]
    if carry_out(form, actions.change_place, administrator=found, by=request.administrator, at=request.at):
        return _back(request, _("What %(name)s may do was changed.") % {"name": found.name})
    return _form(request, form, found.name, _("Save"), reverse("administrator", args=[found.pk]))


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS)
def suspension(request: ProviderRequest, administrator_id: str) -> HttpResponse:
    """`/administrators/<id>/suspension/`"""
    words = {
        "title": _("Suspend %(name)s?"),
        "text": _(
            "The person cannot work here from the next click on. The API key goes on working. You can restore the place at any time."
        ),
        "submit": _("Suspend"),
        "done": _("%(name)s was suspended."),
    }
    return _confirmed(request, administrator_id, actions.suspend, words)


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS)
def removal(request: ProviderRequest, administrator_id: str) -> HttpResponse:
    """`/administrators/<id>/removal/`"""
    words = {
        "title": _("Remove %(name)s?"),
        "text": _(
            "The place is taken away for good; an invitation that is still open ends. What the person did stays in the activity."
        ),
        "submit": _("Remove"),
        "done": _("%(name)s was removed."),
    }
    return _confirmed(request, administrator_id, actions.remove, words)


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS, fresh=True)
def restoration(request: ProviderRequest, administrator_id: str) -> HttpResponse:
    """`/administrators/<id>/restoration/`"""
    words = {
        "title": _("Restore %(name)s?"),
        "text": _("The person may work here again at once, with the role and the organizations of before."),
        "submit": _("Restore"),
        "done": _("%(name)s was restored."),
    }
    return _confirmed(request, administrator_id, actions.restore, words)


@provider_door("GET", "POST", permission=Permission.EDIT_ADMINISTRATORS)
def another_invitation(request: ProviderRequest, administrator_id: str) -> HttpResponse:
    """`/administrators/<id>/invitation/`"""
    words = {
        "title": _("Invite %(name)s again?"),
        "text": _("A new invitation is sent, good for seven days. The link in the former one no longer works then."),
        "submit": _("Send invitation"),
        "done": _("The invitation to %(name)s is on its way."),
    }
    return _confirmed(request, administrator_id, actions.invite_again, words)


def _confirmed(
    request: ProviderRequest, administrator_id: str, action: Callable[..., Any], words: dict[str, str]
) -> HttpResponse:
    """The question, and after a yes the act."""
    found = get_object_or_404(_reached(request), pk=administrator_id)
    named = {key: text % {"name": found.name} if "%(" in text else text for key, text in words.items()}
    form = forms.Form(_posted(request))
    if carry_out(form, action, administrator=found, by=request.administrator, at=request.at):
        return _back(request, named["done"])
    shown = {**named, "form": form, "administrator": found, "action": request.path}
    return page(request, CONFIRM, shown, fragment="confirm-form", status=422 if form.is_bound else 200)


def _form(request: ProviderRequest, form: PlaceForm, title: str, submit: str, action: str) -> HttpResponse:
    shown = {"form": form, "title": title, "submit": submit, "action": action}
    return page(
        request, "accounts/administrator.html", shown, fragment="administrator-form", status=422 if form.is_bound else 200
    )


def _back(request: ProviderRequest, said: str) -> HttpResponse:
    return redirect_to(request, reverse("administrators"), said)


def _posted(request: ProviderRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _reached(request: ProviderRequest) -> QuerySet[Administrator]:
    """Those whom this administrator sees: all of the MSP's, or for a limited one those of his organizations and himself."""
    me = Administrator.objects.filter(provider_id=request.administrator.provider_id, pk=request.administrator.pk)
    return request.mine(Administrator.objects.all()) | me


def _rights(request: ProviderRequest) -> dict[str, Any]:
    place = request.administrator
    may_edit = place.may(Permission.EDIT_ADMINISTRATORS) and not place.is_limited
    return {"may_edit": may_edit, "own_id": place.pk, "zone": request.provider.time_zone}


def _matching(rows: QuerySet[Administrator], words: str) -> QuerySet[Administrator]:
    for word in words.split():
        rows = (
            rows.filter(first_name__icontains=word) | rows.filter(last_name__icontains=word) | rows.filter(email__icontains=word)
        )
    return rows
