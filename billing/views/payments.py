"""The Payment History tab: invoices, what became of them, and what happens next."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.models import Provider
from accounts.roles import Permission
from billing.days import today
from billing.models import Charge, ChargeState, Invoice, InvoiceStatus
from billing.next_invoice import next_invoice
from billing.outlook import outlook_of
from billing.queries import open_account, totals_of, years_of
from msp_portal.lib.money import trimmed
from msp_portal.lib.page import page
from msp_portal.lib.tables import Choice, TableQuery

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "number": "number",
    "month": ("month", "number"),
    "issued": ("issued_on", "number"),
    "due": ("due_on", "number"),
    "status": ("status", "number"),
    "billed": ("total_amount", "number"),
    "paid": ("paid_amount", "number"),
    "owed": ("owed_amount", "number"),
}


@provider_door("GET", permission=Permission.SEE_INVOICES)
def payments(request: ProviderRequest) -> HttpResponse:
    table = _table(request)
    rows = _rows(request)
    account = open_account(request.provider, request.at)
    shown = {
        "table": table,
        "page": table.page(rows),
        "totals": totals_of(table.filtered(rows)),
        "account": account,
        "next_invoice": partial(next_invoice, request.provider, request.at),  # only the whole page asks for it
        "outlook": partial(outlook_of, request.provider, account, today(request)),
        "to_confirm": partial(_to_confirm, request.provider),
        "may_pay": request.administrator.may(Permission.EDIT_BILLING),
        "provider": request.provider,
    }
    return page(request, "billing/payments.html", shown, fragment="payments-list")


@provider_csv(permission=Permission.SEE_INVOICES)
def payments_csv(request: ProviderRequest) -> Listing:
    """Exactly the invoices that the page's filters match, in its order."""
    header = [_("Number"), _("Kind"), _("Corrects"), _("Period"), _("Time zone"), _("Issued on"), _("Due on"), _("Status")]
    header += [_("Currency"), _("Billed"), _("Credited"), _("Paid"), _("Owed")]
    return Listing("payment-history.csv", header, _table(request).filtered(_rows(request)), _cells)


def _to_confirm(provider: Provider) -> Charge | None:
    """The first charge that waits for its holder, if the sentence of what comes next may speak of one."""
    return provider.charges.filter(state=ChargeState.REQUIRES_ACTION).order_by("pk").first()


def _rows(request: ProviderRequest) -> QuerySet[Invoice]:
    return request.provider.invoices.all().as_of(today(request)).select_related("corrects")


def _table(request: ProviderRequest) -> TableQuery:
    statuses = {status.name.lower(): Choice(status.label, _only("status", status)) for status in InvoiceStatus}
    years = {str(year): Choice(str(year), _only("issued_on__year", year)) for year in years_of(request.provider)}
    filters = {"status": statuses, "year": years}
    return TableQuery.from_request(request.GET, columns=COLUMNS, default="-issued", filters=filters)


def _only(column: str, value: object) -> Any:
    return lambda rows: rows.filter(**{column: value})


def _cells(row: Invoice) -> Sequence[object]:
    amounts = (row.total_amount, row.credited_amount, row.paid_amount, row.owed_amount)  # type: ignore[attr-defined]  # by `as_of`
    return [
        *(row.number, row.get_kind_display(), row.corrects.number if row.corrects else "", f"{row.month:%Y-%m}"),
        *(row.time_zone, row.issued_on, row.due_on, row.status, row.currency),  # type: ignore[attr-defined]
        *(trimmed(amount, row.currency) for amount in amounts),
    ]
