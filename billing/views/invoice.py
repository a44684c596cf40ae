"""One invoice: its lines, what was paid of it, what corrects it."""

from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from billing.days import today
from billing.downloads import RETRY_AFTER, invoice_download, lines_of
from billing.dunning import Stop
from billing.models import Invoice
from billing.plan_words import sentences_of
from billing.plans import plans_of
from billing.queries import paper_of_invoice
from billing.timeline import timeline_of
from msp_portal.lib.page import page
from msp_portal.lib.tables import TableQuery

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "place": "place",
    "organization": ("organization_name", "place"),
    "mark": ("high_water_mark", "place"),
    "amount": ("amount", "place"),
}


@provider_door("GET", permission=Permission.SEE_INVOICES)
def invoice(request: ProviderRequest, invoice_id: str) -> HttpResponse:
    found = get_object_or_404(_invoices(request), pk=invoice_id)
    table = _table(request)
    shown = {
        "invoice": found,
        "shows_parts": found.has_parts,
        "table": table,
        "page": table.page(found.lines.all()),
        "taxes": found.taxes.order_by("place"),
        "entries": timeline_of(found),
        "under_way": found.charges.live().order_by("pk").first(),
        "coming": [] if found.is_credit_note else _coming(request, found),
        "may_pay": request.administrator.may(Permission.EDIT_BILLING),
        "trail": [{"label": _("Payment History"), "url": reverse("payments")}, {"label": found.number}],
    }
    return page(request, "billing/invoice.html", shown, fragment="invoice-lines")


@provider_door("GET", permission=Permission.SEE_INVOICES)
def invoice_pdf(request: ProviderRequest, invoice_id: str) -> HttpResponse:
    """The paper as it was stored; a page that asks for a minute's patience (503) while the worker has not drawn it."""
    found = get_object_or_404(_invoices(request), pk=invoice_id)
    paper = paper_of_invoice(found)
    if paper is None:
        response = page(request, "billing/paper_coming.html", {"invoice": found}, status=503)
        response["Retry-After"] = RETRY_AFTER
        return response
    return invoice_download(found, paper)


@provider_csv(permission=Permission.SEE_INVOICES)
def invoice_csv(request: ProviderRequest, invoice_id: str) -> Listing:
    return lines_of(get_object_or_404(_invoices(request), pk=invoice_id))


def _coming(request: ProviderRequest, found: Invoice) -> list[str]:
    """What happens next with what is owed, in sentences; nothing once it is paid."""
    plan = plans_of(request.provider, [found], today(request))[found.pk]
    return [] if plan.stop == Stop.PAID else sentences_of(plan, found.currency)


def _invoices(request: ProviderRequest) -> QuerySet[Invoice]:
    return request.provider.invoices.all().as_of(today(request)).select_related("corrects")


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(
        request.GET,
        columns=COLUMNS,
        default="place",
        search=lambda rows, words: rows.filter(organization_name__icontains=words),
    )
