"""Autopay: on or off, with a ceiling, and what it will do next."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.actions.autopay import change_autopay
from billing.days import today
from billing.forms.autopay import AutopayForm
from billing.models import BillingAccount
from billing.plan_words import sentences_of
from billing.plans import account_of, plans_of
from billing.queries import currency_of
from msp_portal.lib.acts import carry_out
from msp_portal.lib.money import trimmed
from msp_portal.lib.page import page, redirect_to


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING, fresh=True)
def autopay(request: ProviderRequest) -> HttpResponse:
    """The form, in a dialog or as a page, and its saving."""
    account = account_of(request.provider)
    currency = currency_of(request.provider, today(request))
    ceiling = account.autopay_ceiling and trimmed(account.autopay_ceiling, currency)
    present = {"autopay": account.autopay, "autopay_ceiling": ceiling}
    form = AutopayForm(request.POST if request.method == "POST" else None, initial=present, currency=currency)
    if carry_out(form, change_autopay, provider=request.provider, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("billing"), _said(form.result))  # type: ignore[attr-defined]  # by `carry_out`
    context = {
        "form": form,
        "coming": _would_come(request, account),
        "has_methods": request.provider.paymentmethods.all().on_file().exists(),
        "trail": [{"label": _("Billing Information"), "url": reverse("billing")}, {"label": _("Autopay")}],
    }
    return page(request, "billing/autopay.html", context, fragment="autopay-form", status=422 if form.is_bound else 200)


def _said(account: BillingAccount) -> str:
    return str(_("Autopay is on.") if account.autopay else _("Autopay is off."))


def _would_come(request: ProviderRequest, account: BillingAccount) -> list[dict[str, object]]:
    """What is open and what would be charged of it if autopay were on, under the present ceiling."""
    day = today(request)
    unpaid = list(request.provider.invoices.all().as_of(day).unpaid().order_by("due_on", "number"))
    switched_on = BillingAccount(provider=request.provider, autopay=True, autopay_ceiling=account.autopay_ceiling)
    plans = plans_of(request.provider, unpaid, day, account=switched_on)
    return [{"invoice": invoice, "sentence": sentences_of(plans[invoice.pk], invoice.currency)[0]} for invoice in unpaid]
