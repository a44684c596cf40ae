"""Papers and files as pages and API hand them out."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Final, NoReturn

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Administrator, ApiKey
from accounts.streams import streamed_to
from billing.bounds import PAPER_DRAWN_WITHIN
from billing.models import Contract, ContractDocument, Document, Invoice, InvoiceDocument, InvoiceLine, InvoiceTax
from msp_portal.lib.csv_export import csv_response
from msp_portal.lib.money import trimmed
from msp_portal.lib.templatetags.portal import month_name
from msp_portal.lib.wire.answers import WireError

RETRY_AFTER: Final = str(int(PAPER_DRAWN_WITHIN.total_seconds()))
"""What a 503 says in the header of this name while the worker has not drawn a paper."""


def contract_download(contract: Contract, paper: ContractDocument) -> HttpResponse:
    """The stored paper of one version, as an attachment."""
    return _download(f"contract-{contract.number}-v{contract.version}", paper)


def invoice_download(invoice: Invoice, paper: InvoiceDocument) -> HttpResponse:
    """The stored paper of an invoice or credit note, as an attachment."""
    return _download(invoice.number, paper)


def not_drawn_yet() -> NoReturn:
    """Refuse a paper that the worker has not drawn: `paper or not_drawn_yet()`.

    :raises WireError: 503, to be asked again in a minute.
    """
    raise WireError(503, "The PDF is being drawn. Try again in a minute.", headers={"Retry-After": RETRY_AFTER})


def lines_csv(invoice: Invoice, reader: Administrator | ApiKey) -> StreamingHttpResponse:
    """The lines of an invoice, read with what it corrects, and its taxes; the amounts add up to its total."""
    header = [_("Invoice"), _("Period"), _("Organization ID"), _("Organization"), _("Description"), _("High-water mark")]
    header += [_("Within the commitment"), _("Over the commitment"), _("Unit price"), _("Amount"), _("Currency")]
    lines = InvoiceLine.objects.filter(provider_id=invoice.provider_id, invoice=invoice).order_by("place")
    cells = partial(_cells, invoice, _description_of(invoice))
    taxes = [_tax_cells(invoice, tax) for tax in invoice.taxes.order_by("place")]
    return csv_response(f"{invoice.number}.csv", header, chain(streamed_to(reader, lines, cells), taxes))


def _download(name: str, paper: Document) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{slugify(name)}.pdf"',
        "Cache-Control": "private, no-cache",
        "ETag": f'"{paper.sha256}"',
    }
    return HttpResponse(bytes(paper.content), content_type=paper.media_type, headers=headers)


def _description_of(invoice: Invoice) -> str:
    """What the lines charge for, in the language of whoever asks."""
    months = {"month": month_name(invoice.month), "marks": month_name(invoice.marks_month)}
    if invoice.corrects:
        return _("Credit for invoice %(number)s") % {"number": invoice.corrects.number}
    if invoice.kind == Invoice.Kind.OVERAGE:
        return _("Users above the commitment in %(month)s") % months
    if invoice.is_in_advance:
        return _("Committed licences for %(month)s, by the high-water marks of %(marks)s") % months
    return _("Users in %(month)s, by high-water mark") % months


def _cells(invoice: Invoice, description: str, line: InvoiceLine) -> Sequence[object]:
    currency = invoice.currency
    return [
        *(invoice.number, f"{invoice.month:%Y-%m}", line.organization_id, line.organization_name, description),
        *(line.high_water_mark, line.committed_part, line.overage_part),
        *(trimmed(line.unit_price, currency), trimmed(line.amount, currency), currency),
    ]


def _tax_cells(invoice: Invoice, tax: InvoiceTax) -> Sequence[object]:
    """A tax is of no organization and has no price; its amount stands in the same column."""
    words = _("Tax: %(tax)s") % {"tax": tax.note or str(tax)}
    month, amount = f"{invoice.month:%Y-%m}", trimmed(tax.amount, invoice.currency)
    return [invoice.number, month, None, None, words, None, None, None, None, amount, invoice.currency]
