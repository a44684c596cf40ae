"""`/api/v2/providers/{provider_id}/invoices`: what was billed, paid and is owed; each as PDF or CSV."""

from typing import Annotated, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from billing.days import today
from billing.downloads import invoice_download, lines_csv, not_drawn_yet
from billing.models import Invoice, InvoiceStatus
from billing.queries import paper_of_invoice
from billing.wire import InvoiceNumber
from msp_portal.lib.money import plain
from msp_portal.lib.wire import files, parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import Amount, Currency, PublicId

router = Router(tags=["Invoices"])


class InvoiceBody(TypedDict):
    """One invoice, told in texts. `id` is its number; amounts have the currency's minor digits; the due date is the last day to pay."""

    id: InvoiceNumber
    amountBilled: Amount
    amountPaid: Amount
    amountRemaining: Amount
    currency: Currency
    dueDate: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", examples=["2026-05-01"])]
    status: Annotated[str, Field(json_schema_extra={"enum": InvoiceStatus.values})]


class InvoiceList(TypedDict):
    """A page of invoices and how many match."""

    records: list[InvoiceBody]
    totalCount: int


def invoice_body(invoice: Invoice) -> InvoiceBody:
    """One invoice on the wire; it must have been read with `as_of`."""
    currency = invoice.currency
    return {
        "id": invoice.number,
        "amountBilled": plain(invoice.total_amount, currency),
        "amountPaid": plain(invoice.paid_amount, currency),  # type: ignore[attr-defined]  # by `as_of`
        "amountRemaining": plain(invoice.owed_amount, currency),  # type: ignore[attr-defined]
        "currency": currency,
        "dueDate": invoice.due_on.isoformat(),
        "status": invoice.status,  # type: ignore[attr-defined]
    }


INVOICES: Final = Listing[Invoice](
    columns={
        "id": Column("number"),
        "amountBilled": Column("total_amount", "number"),
        "amountPaid": Column("paid_amount", "number"),
        "amountRemaining": Column("owed_amount", "number"),
        "currency": Column("currency"),
        "dueDate": Column("due_on", "day"),
        "status": Column("status", words={status: status for status in InvoiceStatus.values}),
    },
    body=invoice_body,
    envelope="records",
    order=("-issued_on", "-number"),
)


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/invoices",
    scope=Permission.SEE_INVOICES,
    name="providers_retrieveInvoices",
    answer=InvoiceList,
    parameters=parameters.LIST,
)
def list_invoices(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The provider's invoices, the newest first, with what became of them by today in its time zone.

    Credit notes are left out: they are owed by nobody and have no status. The invoice that one takes back is here and `Void`; the note's
    own paper and lines are handed out under its number like an invoice's.
    """
    invoices = request.provider.invoices.exclude(kind=Invoice.Kind.CREDIT_NOTE)
    return INVOICES.answer(request, invoices.as_of(today(request)))


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/invoices/{ID}",
    scope=Permission.SEE_INVOICES,
    name="providers_retrieveInvoice",
    answer=None,
    more=files.described(files.PDF, files.CSV),
)
def download_invoice(request: ApiRequest, provider_id: PublicId, ID: InvoiceNumber) -> HttpResponseBase:  # noqa: N803 - the contract's spelling
    """The invoice as PDF, or its lines as CSV where `Accept` prefers `text/csv`.

    A PDF is drawn within a minute after the invoice was issued; until then 503 with `Retry-After`. The CSV is there at once.
    """
    invoice = get_object_or_404(request.provider.invoices.select_related("corrects"), number=ID)
    answer: HttpResponseBase
    if files.preferred(request, files.PDF, files.CSV) == files.CSV:
        answer = lines_csv(invoice, request.key)
    else:
        answer = invoice_download(invoice, paper_of_invoice(invoice) or not_drawn_yet())
    answer["Vary"] = "Accept"
    return answer
