"""The first tab of Account Management: who the account is, its key, its details."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.actions.details import change_details
from accounts.doors import ProviderRequest, provider_door
from accounts.forms.details import ZONES, AccountDetailsForm
from accounts.models import Administrator
from accounts.queries.keys import keys_of
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to

TEMPLATE = "accounts/overview.html"
MASK = "•" * 20
ZONE_CHANGED = _("Account details saved. The new time zone takes effect from the next month.")


@provider_door("GET", permission=Permission.SEE_ACCOUNT)
def account(request: ProviderRequest) -> HttpResponse:
    """`/account/`"""
    return page(request, TEMPLATE, _overview(request))


@provider_door("GET", "POST", permission=Permission.EDIT_ACCOUNT)
def account_details(request: ProviderRequest) -> HttpResponse:
    """`/account/details/`: the form, in a dialog or as a page, and its saving."""
    form = AccountDetailsForm(request.POST if request.method == "POST" else None, instance=request.provider)
    if carry_out(form, change_details, provider=request.provider, by=request.administrator, at=request.at):
        return redirect_to(
            request, reverse("account"), ZONE_CHANGED if "time_zone" in form.result else _("Account details saved.")
        )
    context = {"form": form, "zones": ZONES}
    return page(request, "accounts/details.html", context, fragment="details-form", status=422 if form.is_bound else 200)


def _overview(request: ProviderRequest) -> dict[str, object]:
    may_manage_key = request.administrator.may(Permission.MANAGE_KEY)
    return {
        "provider": request.provider,
        "masked_id": MASK + request.provider.pk[-4:],
        "keys": keys_of(request.provider, at=request.at) if may_manage_key else None,
        "can_manage_key": []
        if may_manage_key
        else Administrator.objects.filter(provider=request.provider).who_may(Permission.MANAGE_KEY)[:3],
        "may_manage_webhooks": request.administrator.may(Permission.MANAGE_WEBHOOKS) and not request.administrator.is_limited,
        "may_edit": request.administrator.may(Permission.EDIT_ACCOUNT),
    }
