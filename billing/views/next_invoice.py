"""Next invoice so far: what the next 1st will bring, by the marks of the running month."""

from typing import Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from billing import next_invoice as coming
from billing.downloads import lines_to_come
from msp_portal.lib.page import page

LINES_SHOWN: Final = 100  # of each invoice; the CSV has them all


@provider_door("GET", permission=Permission.SEE_INVOICES)
def next_invoice(request: ProviderRequest) -> HttpResponse:
    shown = {
        "coming": coming.next_invoice(request.provider, request.at),
        "lines_shown": LINES_SHOWN,
        "trail": [{"label": _("Payment History"), "url": reverse("payments")}, {"label": _("Next invoice so far")}],
    }
    return page(request, "billing/next_invoice.html", shown)


@provider_csv(permission=Permission.SEE_INVOICES)
def next_invoice_csv(request: ProviderRequest) -> Listing:
    return lines_to_come(coming.next_invoice(request.provider, request.at))
