"""One support case: the conversation, a reply, closing and reopening."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actions.cases import close_case, reopen_case, reply_to_case
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.cases import ReplyForm
from accounts.models import SupportCase
from accounts.roles import Permission
from accounts.views.cases import reached_cases
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page


@provider_door("GET", permission=Permission.SEE_CASES)
def case(request: ProviderRequest, case_id: str) -> HttpResponse:
    """`/help/cases/<id>/`"""
    return page(request, "cases/case.html", _shown(request, _found(request, case_id)), fragment="case")


@provider_door("POST", permission=Permission.SUBMIT_CASES)
def reply(request: ProviderRequest, case_id: str) -> HttpResponse:
    """`/help/cases/<id>/messages/`"""
    return _take(request, case_id, ReplyForm(request.POST), reply_to_case, _("Your reply is with support."))


@provider_door("POST", permission=Permission.SUBMIT_CASES)
def close(request: ProviderRequest, case_id: str) -> HttpResponse:
    """`/help/cases/<id>/closure/`"""
    return _take(request, case_id, forms.Form(request.POST), close_case, _("The case is closed."))


@provider_door("POST", permission=Permission.SUBMIT_CASES)
def reopen(request: ProviderRequest, case_id: str) -> HttpResponse:
    """`/help/cases/<id>/reopening/`"""
    return _take(request, case_id, forms.Form(request.POST), reopen_case, _("The case is open again."))


def _take(
    request: ProviderRequest, case_id: str, form: forms.Form, action: Callable[..., SupportCase], said: str
) -> HttpResponse:
    """A turn of the administrator's: the case as it stands then, or the reason why not with what was typed."""
    found = _found(request, case_id)
    if carry_out(form, action, case=found, by=request.administrator, at=request.at):
        shown = _shown(request, _found(request, case_id))
        return page(request, "cases/case.html", shown, fragment="case", toast=said, then=found.get_absolute_url())
    return page(request, "cases/case.html", _shown(request, _found(request, case_id), form), fragment="case", status=422)


def _found(request: ProviderRequest, case_id: str) -> SupportCase:
    return get_object_or_404(reached_cases(request), pk=case_id)


def _shown(request: ProviderRequest, found: SupportCase, refused: forms.Form | None = None) -> dict[str, Any]:
    place = request.administrator
    return {
        "case": found,
        "turns": found.messages.as_conversation(),
        "form": refused if isinstance(refused, ReplyForm) else ReplyForm(),
        "refused": refused,
        "zone": request.provider.time_zone,
        "may_submit": place.may(Permission.SUBMIT_CASES),
        "sees_organizations": place.may(Permission.SEE_ORGANIZATIONS),
        "trail": [
            {"label": _("Help"), "url": reverse("help")},
            {"label": _("Cases"), "url": reverse("cases")},
            {"label": found.number},
        ],
    }
