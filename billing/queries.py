"""Questions that fit no queryset method."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import translation

from accounts.models import Provider
from billing.drafts import Mark, terms_of
from billing.models import BillingInformation, Contract, ContractDocument, Invoice, InvoiceDocument, TaxRate
from billing.tax import TaxLine, tax_lines
from msp_portal.lib.periods import month_of, months_later
from usage.models import BillingMonth, ClosedMonth, Seats
from usage.queries.marks import present_month

DEFAULT_CURRENCY: Final = "USD"


@dataclass(frozen=True)
class Totals:
    """Sums over invoices of one currency."""

    currency: str
    billed: Decimal
    paid: Decimal
    owed: Decimal


@dataclass(frozen=True)
class Debt:
    """What is owed in one currency: past its due date, and not due yet."""

    currency: str
    late: Decimal
    coming: Decimal

    @property
    def owed(self) -> Decimal:
        return self.late + self.coming


@dataclass(frozen=True)
class OpenAccount:
    """What is owed on a day and what comes next. Invoices carry the columns of `InvoiceQuerySet.as_of`, the oldest debt first."""

    debts: list[Debt]
    past_due: list[Invoice]
    coming_due: list[Invoice]
    next_invoice_on: date | None

    @property
    def oldest(self) -> Invoice | None:
        """The one to pay first."""
        return next(iter([*self.past_due, *self.coming_due]), None)

    @property
    def next_due_on(self) -> date | None:
        """Until when the next of those that are not late should be paid."""
        return self.coming_due[0].due_on if self.coming_due else None


def marks_of(provider_id: str, month: date) -> list[Mark]:
    """The provider's marks of a month that ended, one an organization that had any users, by name."""
    closed = ClosedMonth.objects.filter(provider_id=provider_id, month=month, users_mark__gt=0)
    rows = closed.order_by("organization__folded_name", "organization_id")
    return [Mark(*row) for row in rows.values_list("organization_id", "organization__name", "users_mark")]


def zone_of(provider: Provider, month: date) -> str:
    """The zone the month was cut in; the provider's present one for a month that did not begin yet."""
    cut = BillingMonth.objects.filter(provider=provider, month=month_of(month)).first()
    return cut.time_zone if cut else provider.time_zone


def marks_so_far(provider_id: str, at: datetime) -> list[Mark]:
    """The marks of the provider's present month at `at`: as `marks_of` will have them if nothing rises any more."""
    rows = Seats.objects.as_of(at).filter(provider_id=provider_id).select_related("organization")
    in_order = rows.order_by("organization__folded_name", "organization_id")
    marks = (Mark(row.pk, row.organization.name, row.high_water_mark) for row in in_order)  # type: ignore[attr-defined]  # by `as_of`
    return [mark for mark in marks if mark.users]


def has_rolled(provider_id: str, month: date) -> bool:
    """Whether every organization of the provider has closed the months before `month`."""
    return not Seats.objects.filter(provider_id=provider_id, month__lt=month).exists()


def billed_to(provider: Provider) -> dict[str, Any]:
    """Whom an invoice goes to, in English, as it is copied onto it: later changes leave the invoice alone."""
    information = BillingInformation.objects.filter(provider=provider).first()
    if information is None:
        return {"company": provider.name, "address": []}
    with translation.override("en"):
        address = information.address_lines
    return {
        "company": information.company,
        "contact": information.contact_name,
        "address": address,
        "recipients": information.recipients,
        "po_number": information.po_number,
        **{name: getattr(information, name) for name in ("tax_number", "country", "region")},
    }


def taxes_on(net: Decimal, customer: Mapping[str, Any], currency: str, day: date) -> list[TaxLine]:
    """The taxes on an invoice of `day` to `customer`, as `billed_to` has it."""
    rates = TaxRate.objects.filter(country=customer.get("country", ""))
    return tax_lines(customer, net, currency=currency, day=day, rates=rates, vendor_country=settings.VENDOR_COUNTRY)


def open_account(provider: Provider, at: datetime) -> OpenAccount:
    """What the provider owes at `at`, and when its next invoice is made: at the end of its billing month, if that or the next has a contract."""
    day = at.astimezone(ZoneInfo(provider.time_zone)).date()
    unpaid = provider.invoices.all().as_of(day).unpaid().order_by("due_on", "number")
    late = [invoice for invoice in unpaid if invoice.due_on < day]
    coming = [invoice for invoice in unpaid if invoice.due_on >= day]
    versions = list(provider.contracts.all())
    month = present_month(provider, at).month
    has_terms = terms_of(versions, month) or terms_of(versions, months_later(month, 1))
    next_on = months_later(month, 1) if has_terms else None
    return OpenAccount(_debts(late, coming), late, coming, next_on)


def totals_of(invoices: QuerySet[Invoice]) -> list[Totals]:
    """The sums at the foot of a list, one a currency; after `as_of`."""
    sums = (
        invoices.order_by("currency")
        .values("currency")
        .annotate(billed=Sum("total_amount"), paid=Sum("paid_amount"), owed=Sum("owed_amount"))
    )
    return [Totals(**row) for row in sums.values("currency", "billed", "paid", "owed")]


def contract_in_force(provider: Provider, day: date) -> Contract | None:
    """The version that counts on `day`, with its package."""
    return provider.contracts.all().in_force(day).select_related("package").first()


def currency_of(provider: Provider, day: date) -> str:
    """What the provider is billed in: by its contract, else by its last invoice."""
    contract = contract_in_force(provider, day)
    if contract is not None:
        return contract.currency
    last = provider.invoices.order_by("-issued_on").first()
    return last.currency if last else DEFAULT_CURRENCY


def paper_of_contract(contract: Contract) -> ContractDocument | None:
    """The stored paper of one version; None while the worker has not drawn it."""
    return ContractDocument.objects.filter(provider_id=contract.provider_id, contract=contract).first()


def paper_of_invoice(invoice: Invoice) -> InvoiceDocument | None:
    """The stored paper of an invoice or credit note; None while the worker has not drawn it."""
    return InvoiceDocument.objects.filter(provider_id=invoice.provider_id, invoice=invoice).first()


def years_of(provider: Provider) -> list[int]:
    """The years in which invoices were issued, the newest first."""
    return [day.year for day in provider.invoices.dates("issued_on", "year", order="DESC")]


def _debts(late: list[Invoice], coming: list[Invoice]) -> list[Debt]:
    currencies = sorted({invoice.currency for invoice in [*late, *coming]})
    return [Debt(currency, _owed(late, currency), _owed(coming, currency)) for currency in currencies]


def _owed(invoices: list[Invoice], currency: str) -> Decimal:
    return sum((row.owed_amount for row in invoices if row.currency == currency), Decimal(0))  # type: ignore[attr-defined]  # by `as_of`
