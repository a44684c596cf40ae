"""`/api/v2/providers/{provider_id}/invoices/{ID}/lines`: what each organization adds to an invoice."""

from typing import Annotated, Final

from django.http import Http404, HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from billing.models import InvoiceLine
from billing.wire import InvoiceNumber
from msp_portal.lib.money import plain
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import Amount, Currency, PublicId

router = Router(tags=["Invoices"])


class LineBody(TypedDict):
    """What one organization adds to an invoice. `organization` is null for what is no organization's in particular.

    `month` is the month charged; where a commitment is paid in advance the high-water mark is of the month before.
    """

    organization: PublicId | None
    organizationName: str
    highWaterMark: int
    committedPart: int
    overagePart: int
    unitPrice: Amount
    amount: Amount
    currency: Currency
    month: Annotated[str, Field(pattern=r"^\d{4}-\d\d$", examples=["2026-04"])]


class LineList(TypedDict):
    """A page of lines and how many match."""

    results: list[LineBody]
    totalCount: int


def line_body(line: InvoiceLine) -> LineBody:
    """One line on the wire; its invoice must have been read with it."""
    currency = line.invoice.currency
    return {
        "organization": line.organization_id,
        "organizationName": line.organization_name,
        "highWaterMark": line.high_water_mark,
        "committedPart": line.committed_part,
        "overagePart": line.overage_part,
        "unitPrice": plain(line.unit_price, currency),
        "amount": plain(line.amount, currency),
        "currency": currency,
        "month": f"{line.invoice.month:%Y-%m}",
    }


LINES: Final = Listing[InvoiceLine](
    columns={
        "organization": Column("organization_id"),
        "organizationName": Column("organization_name"),
        "highWaterMark": Column("high_water_mark", "whole number"),
        "committedPart": Column("committed_part", "whole number"),
        "overagePart": Column("overage_part", "whole number"),
        "unitPrice": Column("unit_price", "number"),
        "amount": Column("amount", "number"),
    },
    body=line_body,
    order=("place",),
)


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/invoices/{ID}/lines",
    scope=Permission.SEE_INVOICES,
    name="providers_listInvoiceLines",
    answer=LineList,
    parameters=parameters.LIST,
)
def list_lines(request: ApiRequest, provider_id: PublicId, ID: InvoiceNumber) -> HttpResponse:  # noqa: N803 - the contract's spelling
    """The lines of one invoice or credit note in the order of its paper; their amounts add up to its total before taxes."""
    lines = request.mine(InvoiceLine.objects.filter(invoice__number=ID)).select_related("invoice")
    answer = LINES.answer(request, lines)
    # No invoice is without lines, so only an empty answer leaves the question whether there is one: a statement less for all others.
    if answer["x-total-count"] == "0" and not request.provider.invoices.filter(number=ID).exists():
        raise Http404
    return answer
