"""Adding a payment method: off to the payment provider's page, and back. No address of ours ever asks for a number."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing import psp
from billing.actions.method_setups import come_back, start_setup
from billing.billing_page import trail_to
from billing.bounds import SENT_ON_WITHIN
from billing.forms.methods import BackForm, NewMethodForm
from billing.hosted import is_hosted
from billing.models import MethodSetup, PaymentMethod
from billing.queries import open_account
from billing.setup_words import words_of
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import is_htmx, page, redirect_to

State = MethodSetup.State


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING, fresh=True)
def method_new(request: ProviderRequest, kind: str) -> HttpResponse:
    """`/account/billing/methods/new/<kind>/`: where one is sent, and after a yes the way there."""
    if kind not in PaymentMethod.Kind.values:
        raise Http404
    form = NewMethodForm(_posted(request))
    return _start(request, form, kind, None)


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING, fresh=True)
def method_replacement(request: ProviderRequest, method_id: str) -> HttpResponse:
    """`/account/billing/methods/<id>/replacement/`: the same way, to something that takes its place."""
    method = get_object_or_404(request.provider.paymentmethods.all().on_file(), pk=method_id)
    return _start(request, forms.Form(_posted(request)), method.kind, method)


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING)
def method_adding(request: ProviderRequest, setup_id: str) -> HttpResponse:
    """`/account/billing/methods/adding/<id>/`: follows the worker, leads to the page once it is open, and says what came of it.

    Whoever comes back was away on that page for as long as it took, so no proof is asked for again: nothing is decided here.
    """
    setup = _own(request, setup_id)
    if request.method == "POST":
        carry_out(BackForm(request.POST), come_back, setup=setup)
        return redirect_to(request, request.path)
    if setup.state == State.OPEN and is_htmx(request):
        return _leave(request, setup)
    return page(request, "billing/method_adding.html", _shown(request, setup), fragment="adding")


@provider_door("GET", permission=Permission.EDIT_BILLING)
def method_going(request: ProviderRequest, setup_id: str) -> HttpResponse:
    """`/account/billing/methods/adding/<id>/go/`: on to the page; it is no form that leads there, so `form-action` stays our own."""
    setup = _own(request, setup_id)
    return (
        _leave(request, setup) if setup.state == State.OPEN else redirect_to(request, reverse("method-adding", args=[setup.pk]))
    )


@provider_door("GET", permission=Permission.EDIT_BILLING)
def method_back(request: ProviderRequest, setup_id: str) -> HttpResponse:
    """`/account/billing/methods/adding/<id>/back/`: reading changes nothing, so this page sends itself on by a POST."""
    return _back(request, setup_id, State.RETURNED)


@provider_door("GET", permission=Permission.EDIT_BILLING)
def method_cancelled(request: ProviderRequest, setup_id: str) -> HttpResponse:
    """`/account/billing/methods/adding/<id>/cancelled/`"""
    return _back(request, setup_id, State.CANCELLED)


def _start(request: ProviderRequest, form: forms.Form, kind: str, replaces: PaymentMethod | None) -> HttpResponse:
    place = request.administrator
    if carry_out(form, start_setup, provider=request.provider, kind=kind, replaces=replaces, by=place, at=request.at):
        return redirect_to(request, reverse("method-adding", args=[form.result.pk]))  # type: ignore[attr-defined]
    shown = {
        "form": form,
        "kind": kind,
        "replaces": replaces,
        "has_others": request.provider.paymentmethods.all().on_file().exists(),
        "action": request.path,
        "trail": trail_to(_("Replace") if replaces else _("Add")),
    }
    return page(request, "billing/method_new.html", shown, fragment="new-method", status=422 if form.is_bound else 200)


def _leave(request: ProviderRequest, setup: MethodSetup) -> HttpResponse:
    """To the payment provider's page, and to no other."""
    if not is_hosted(setup.url):
        raise Http404
    return HttpResponseClientRedirect(setup.url) if is_htmx(request) else HttpResponseRedirect(setup.url)


def _back(request: ProviderRequest, setup_id: str, outcome: str) -> HttpResponse:
    shown = {"setup": _own(request, setup_id), "outcome": outcome, "trail": trail_to(_("Add"))}
    return page(request, "billing/method_back.html", shown)


def _shown(request: ProviderRequest, setup: MethodSetup) -> dict[str, Any]:
    is_new = request.at - setup.started_at < SENT_ON_WITHIN
    return {
        "setup": setup,
        "waits": setup.state in {State.OPENING, State.RETURNED} or (setup.state == State.OPEN and is_new),
        "is_slow": setup.state == State.OPENING and not is_new,
        "failure": words_of(setup.failure),
        "again": _again(setup),
        "takes_methods": psp.is_configured(),
        "account": open_account(request.provider, request.at),
        "trail": trail_to(_("Add")),
    }


def _again(setup: MethodSetup) -> str:
    if setup.replaces_id:
        return reverse("method-replacement", args=[setup.replaces_id])
    return reverse("method-new", args=[setup.kind])


def _own(request: ProviderRequest, setup_id: str) -> MethodSetup:
    """Of the administrator who started it: nobody else is sent to the page, and nobody else needs to know of it."""
    mine = MethodSetup.objects.filter(provider=request.provider, administrator_id=request.administrator.pk)
    return get_object_or_404(mine.select_related("method", "replaces"), pk=setup_id)


def _posted(request: ProviderRequest) -> Any:
    return request.POST if request.method == "POST" else None
