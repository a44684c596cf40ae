"""Papers and files as pages and API hand them out."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final, NoReturn

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.listings import Listing
from accounts.models import Administrator, ApiKey
from accounts.streams import scoped
from billing.bounds import PAPER_DRAWN_WITHIN
from billing.drafts import Draft
from billing.models import Contract, ContractDocument, Document, Invoice, InvoiceDocument, InvoiceLine
from billing.next_invoice import Expected, NextInvoice
from msp_portal.lib.csv_export import COMMA, Dialect, csv_response
from msp_portal.lib.money import trimmed
from msp_portal.lib.templatetags.portal import month_name
from msp_portal.lib.wire.answers import WireError

QUANTITIES: Final = (
    gettext_lazy("High-water mark"),
    gettext_lazy("Within the commitment"),
    gettext_lazy("Over the commitment"),
    gettext_lazy("Unit price"),
    gettext_lazy("Amount"),
    gettext_lazy("Currency"),
)
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


def lines_csv(invoice: Invoice, reader: Administrator | ApiKey, dialect: Dialect = COMMA) -> StreamingHttpResponse:
    """`lines_of` an invoice, however many, sent at once."""
    listing = lines_of(invoice)
    return csv_response(listing.name, listing.header, scoped(reader, listing.lines()), dialect)


def lines_of(invoice: Invoice) -> Listing:
    """The lines of an invoice, read with what it corrects, and its taxes; the amounts add up to its total."""
    header = [_("Invoice"), _("Period"), _("Organization ID"), _("Organization"), _("Description"), *QUANTITIES]
    lines = InvoiceLine.objects.filter(provider_id=invoice.provider_id, invoice=invoice).order_by("place")
    cells = partial(_cells, invoice, _description_of(invoice))
    taxes = [
        [invoice.number, *_tax_cells(invoice.month, tax.note or str(tax), tax.amount, invoice.currency)]
        for tax in invoice.taxes.order_by("place")
    ]
    return Listing(f"{invoice.number}.csv", header, lines, cells, closing=taxes)


def lines_to_come(coming: NextInvoice) -> Listing:
    """The lines of what the next 1st will bring, and its taxes, as things stand."""
    header = [_("Issued on"), _("Period"), _("Organization ID"), _("Organization"), _("Description"), *QUANTITIES]
    rows = [[coming.issued_on, *cells] for row in coming.expected for cells in _cells_of_expected(row)]
    return Listing("next-invoice.csv", header, rows)


def _download(name: str, paper: Document) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{slugify(name)}.pdf"',
        "Cache-Control": "private, no-cache",
        "ETag": f'"{paper.sha256}"',
    }
    return HttpResponse(bytes(paper.content), content_type=paper.media_type, headers=headers)


def _description_of(invoice: Invoice | Draft) -> str:
    """What the lines charge for, in the language of whoever asks."""
    months = {"month": month_name(invoice.month), "marks": month_name(invoice.marks_month)}
    if isinstance(invoice, Invoice) and invoice.corrects:
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


def _tax_cells(month: date, words: str, amount: Decimal, currency: str) -> Sequence[object]:
    """A tax is of no organization and has no price; its amount stands in the same column."""
    said = _("Tax: %(tax)s") % {"tax": words}
    return [f"{month:%Y-%m}", None, None, said, None, None, None, None, trimmed(amount, currency), currency]


def _cells_of_expected(row: Expected) -> Iterator[Sequence[object]]:
    draft, currency, description = row.draft, row.currency, _description_of(row.draft)
    for line in draft.lines:
        yield [
            *(f"{draft.month:%Y-%m}", line.mark.organization_id, line.mark.organization_name, description),
            *(line.mark.users, line.committed_part, line.overage_part),
            *(trimmed(line.unit_price, currency), trimmed(line.amount, currency), currency),
        ]
    for tax in row.taxes:
        yield _tax_cells(draft.month, tax.note or str(tax), tax.amount, currency)
