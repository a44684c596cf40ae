"""The Billing Information tab: where invoices go, and how they are paid."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.actions.information import change_information
from billing.billing_page import billing_page
from billing.forms.information import BillingInformationForm
from billing.models import BillingInformation
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to


@provider_door("GET", permission=Permission.SEE_INVOICES)
def billing(request: ProviderRequest) -> HttpResponse:
    return page(request, "billing/billing.html", billing_page(request))


@provider_door("GET", "POST", permission=Permission.EDIT_BILLING)
def billing_information(request: ProviderRequest) -> HttpResponse:
    """The form, in a dialog or as a page, and its saving."""
    form = BillingInformationForm(request.POST if request.method == "POST" else None, instance=_present(request))
    if carry_out(form, change_information, provider=request.provider, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("billing"), _("Billing information saved. The next invoice will carry it."))
    trail = [{"label": _("Billing Information"), "url": reverse("billing")}, {"label": _("Edit")}]
    context = {"form": form, "trail": trail}
    return page(request, "billing/information.html", context, fragment="information-form", status=422 if form.is_bound else 200)


def _present(request: ProviderRequest) -> BillingInformation | None:
    return BillingInformation.objects.filter(provider=request.provider).first()
