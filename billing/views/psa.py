"""The PSA file: choosing month and dialect, what stands in it, and the file."""

from datetime import date
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from billing.psa import HEADER, PsaFile, psa_file, psa_listing, psa_months
from msp_portal.lib.csv_export import DIALECTS, dialect_of
from msp_portal.lib.page import page
from msp_portal.lib.periods import written_month

LINES_SHOWN: Final = 20  # the file has them all
DIALECT_WORDS: Final = {
    "comma": gettext_lazy("Commas, decimal points"),
    "semicolon": gettext_lazy("Semicolons, decimal commas"),
    "tab": gettext_lazy("Tabs, decimal points"),
}


@provider_door("GET", permission=Permission.SEE_INVOICES)
def psa(request: ProviderRequest) -> HttpResponse:
    """`/account/usage/psa/?month=2026-03`: without a month the last one that ended, which is what one bills."""
    months = psa_months(request.provider, request.at)
    month = _chosen(request, months)
    file = psa_file(request.provider, month, request.at)
    shown = {
        "file": file,
        "running": months[0],
        "months": [(written_month(each), each, each == month) for each in months],
        "dialects": _dialects(request),
        "columns": HEADER,
        "lines_shown": LINES_SHOWN,
        "may_edit_ids": request.administrator.may(Permission.EDIT_ORGANIZATIONS),
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": _("PSA file")}],
        **_invoiced(file),
    }
    return page(request, "billing/psa.html", shown)


@provider_csv(permission=Permission.SEE_INVOICES)
def psa_csv(request: ProviderRequest) -> Listing:
    month = _chosen(request, psa_months(request.provider, request.at))
    return psa_listing(psa_file(request.provider, month, request.at))


def _chosen(request: ProviderRequest, months: list[date]) -> date:
    """The month asked for.

    :raises Http404: when there is no file of it: a wrong month would be billed without anyone noticing.
    """
    asked = request.GET.get("month")
    if not asked:
        return months[1] if len(months) > 1 else months[0]
    found = next((month for month in months if written_month(month) == asked), None)
    if found is None:
        raise Http404
    return found


def _dialects(request: ProviderRequest) -> list[tuple[str, Any, bool]]:
    chosen = dialect_of(request)
    return [(name, DIALECT_WORDS[name], dialect == chosen) for name, dialect in DIALECTS.items()]


def _invoiced(file: PsaFile) -> dict[str, Any]:
    """What the page says of the lines: how many, and who is without an id of the PSA."""
    nameless = file.nameless
    return {"number": len(file.lines), "nameless": nameless[:5], "number_nameless": len(nameless)}
