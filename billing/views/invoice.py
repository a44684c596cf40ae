"""One invoice: its lines, what was paid of it, what corrects it."""

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.days import today
from billing.models import Invoice, InvoiceLine
from msp_portal.lib import tenancy
from msp_portal.lib.csv_export import csv_response
from msp_portal.lib.money import trimmed
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
        "table": table,
        "page": table.page(found.lines.all()),
        "payments": found.payments.order_by("received_at", "pk"),
        "credit_notes": found.credit_notes.order_by("issued_on", "number"),
        "trail": [{"label": _("Payment History"), "url": reverse("payments")}, {"label": found.number}],
    }
    return page(request, "billing/invoice.html", shown, fragment="invoice-lines")


@provider_door("GET", permission=Permission.SEE_INVOICES)
def invoice_csv(request: ProviderRequest, invoice_id: str) -> StreamingHttpResponse:
    """The invoice's lines; their amounts add up to its total."""
    found = get_object_or_404(_invoices(request), pk=invoice_id)
    header = [_("Invoice"), _("Line"), _("Organization"), _("Organization ID"), _("Marks of"), _("High-water mark")]
    header += [_("Within the commitment"), _("Over the commitment"), _("Unit price"), _("Amount"), _("Currency")]
    return csv_response(f"{found.number}.csv", header, _cells(request, found))


def _invoices(request: ProviderRequest) -> QuerySet[Invoice]:
    return request.provider.invoices.all().as_of(today(request)).select_related("corrects")


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(
        request.GET,
        columns=COLUMNS,
        default="place",
        search=lambda rows, words: rows.filter(organization_name__icontains=words),
    )


def _cells(request: ProviderRequest, found: Invoice) -> Iterator[list[object]]:
    """Read while they are sent, after the request's own scope has ended."""
    place = request.administrator
    with tenancy.scope(place.provider_id, place.reach, place.name):
        lines = InvoiceLine.objects.filter(provider_id=place.provider_id, invoice=found).order_by("place")
        for line in lines.iterator(chunk_size=2000):
            yield [
                *(found.number, line.place, line.organization_name, line.organization_id, f"{found.marks_month:%Y-%m}"),
                *(line.high_water_mark, line.committed_part, line.overage_part),
                *(trimmed(line.unit_price, found.currency), trimmed(line.amount, found.currency), found.currency),
            ]
