"""The next invoice so far: what the monthly run would issue on the next 1st, by the functions by which it does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import Provider
from billing.bounds import PAYMENT_TERM
from billing.drafts import Draft
from billing.queries import billed_to, taxes_on
from billing.tax import TaxLine
from billing.turns import drafts_so_far, is_to_bill, versions_of
from msp_portal.lib.periods import months_later
from usage.models import BillingMonth
from usage.queries.marks import present_month


@dataclass(frozen=True)
class Expected:
    """One invoice as it would be issued now."""

    draft: Draft
    taxes: list[TaxLine]

    @property
    def total_amount(self) -> Decimal:
        return self.draft.net_amount + sum((tax.amount for tax in self.taxes), Decimal(0))

    @property
    def currency(self) -> str:
        return self.draft.contract.currency


@dataclass(frozen=True)
class NextInvoice:
    """What will be issued at the end of the running `month`, by its marks at `at`. They only rise, and the amounts with them.

    `is_late` tells that the invoices of the former 1st are not issued yet.
    """

    month: BillingMonth
    at: datetime
    expected: list[Expected]
    is_late: bool

    @property
    def issued_on(self) -> date:
        return months_later(self.month.month, 1)

    @property
    def due_on(self) -> date:
        return self.issued_on + PAYMENT_TERM

    @property
    def totals(self) -> dict[str, Decimal]:
        """The sum by currency: two where the next version of the contract is in another."""
        sums: dict[str, Decimal] = {}
        for row in self.expected:
            sums[row.currency] = sums.get(row.currency, Decimal(0)) + row.total_amount
        return sums


def next_invoice(provider: Provider, at: datetime) -> NextInvoice:
    """The provider's next invoice so far; `expected` is empty where nothing is due."""
    month, versions = present_month(provider, at), versions_of(provider)
    drafts = drafts_so_far(provider, versions, month.month, at)
    expected = expected_of(provider, drafts, months_later(month.month, 1))
    return NextInvoice(month, at, expected, is_late=is_to_bill(provider, versions, month.month))


def expected_of(provider: Provider, drafts: Iterable[Draft], day: date) -> list[Expected]:
    """The drafts with the taxes of invoices of `day`."""
    customer = billed_to(provider)
    return [Expected(draft, taxes_on(draft.net_amount, customer, draft.contract.currency, day)) for draft in drafts]
