"""What is done with payment methods that are on file: the default, the order of the backups, removal."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.actions.methods import make_default, move_method, remove_method
from billing.billing_page import MethodRow, billing_page, trail_to
from billing.forms.methods import MoveForm
from billing.models import PaymentMethod
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to


@provider_door("POST", permission=Permission.EDIT_BILLING, fresh=True)
def method_default(request: ProviderRequest, method_id: str) -> HttpResponse:
    """`/account/billing/methods/<id>/default/`: a new default offers to pay what is open."""
    return _order(request, method_id, forms.Form(request.POST), make_default, _("%(method)s is the default now."))


@provider_door("POST", permission=Permission.EDIT_BILLING, fresh=True)
def method_place(request: ProviderRequest, method_id: str) -> HttpResponse:
    """`/account/billing/methods/<id>/place/`: a backup one place up or down."""
    return _order(request, method_id, MoveForm(request.POST), move_method, _("The order of the backups is saved."))


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING, fresh=True)
def method_removal(request: ProviderRequest, method_id: str) -> HttpResponse:
    """`/account/billing/methods/<id>/removal/`: what follows, and after a yes the end."""
    method = _found(request, method_id)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if carry_out(form, remove_method, method=method, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("billing"), _("%(method)s was removed.") % {"method": method})
    heir = request.provider.paymentmethods.all().on_file().exclude(pk=method.pk).first() if method.is_default else None
    shown = {"method": method, "heir": heir, "form": form, "trail": trail_to(_("Remove"))}
    return page(request, "billing/method_removal.html", shown, fragment="removal", status=422 if form.is_bound else 200)


def _order(
    request: ProviderRequest, method_id: str, form: forms.Form, action: Callable[..., PaymentMethod], said: str
) -> HttpResponse:
    """The list in its new order, or the reason why not."""
    method = _found(request, method_id)
    done = carry_out(form, action, method=method, by=request.administrator, at=request.at)
    shown: dict[str, Any] = {**billing_page(request), "refused": None if done else form}
    if not done:
        return page(request, "billing/billing.html", shown, fragment="methods", status=422)
    then = reverse("billing")
    if action is make_default:
        shown["new_default"] = method.pk
        then += f"?default={method.pk}"
    shown["focus_on"] = _without_its_button(form, method, shown["methods"])
    return page(request, "billing/billing.html", shown, fragment="methods", toast=said % {"method": method}, then=then)


def _without_its_button(form: forms.Form, method: PaymentMethod, rows: list[MethodRow]) -> str:
    """The method whose row takes the focus, as the button that had it stands there no more; empty if it does."""
    row = next(row for row in rows if row.method == method)
    still_there = {-1: row.may_rise, 1: row.may_sink}.get(form.cleaned_data.get("step", 0), False)
    return "" if still_there else method.pk


def _found(request: ProviderRequest, method_id: str) -> PaymentMethod:
    return get_object_or_404(request.provider.paymentmethods.all().on_file(), pk=method_id)
