"""What a person may pay now, what of it is chosen, and what that adds up to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Provider
from billing.models import Charge, Invoice, PaymentMethod
from msp_portal.lib.templatetags.portal import money


@dataclass(frozen=True)
class Payable:
    """What is open: `free` to be paid, or `busy` with a charge under way. Invoices carry the columns of `as_of`."""

    free: list[Invoice]
    busy: list[Charge]
    methods: list[PaymentMethod]


@dataclass(frozen=True)
class Choice:
    """The invoices chosen and the method; `sums` by currency, as the person reads them and confirms them."""

    invoices: list[Invoice]
    method: PaymentMethod | None

    @property
    def ids(self) -> list[str]:
        return [invoice.pk for invoice in self.invoices]

    @property
    def sums(self) -> str:
        """`37.50 USD + 12.00 EUR`."""
        totals: dict[str, Decimal] = {}
        for invoice in self.invoices:
            owed: Decimal = invoice.owed_amount  # type: ignore[attr-defined]  # by `as_of`
            totals[invoice.currency] = totals.get(invoice.currency, Decimal(0)) + owed
        return " + ".join(money(total, currency) for currency, total in totals.items())

    @property
    def seen(self) -> str:
        """The same for machines: what is compared when the person confirms, exact to each invoice."""
        return " ".join(f"{invoice.pk}:{invoice.owed_amount.normalize():f}" for invoice in self.invoices)  # type: ignore[attr-defined]


def payable_by(provider: Provider, day: date) -> Payable:
    """What the provider may pay on `day`, the oldest debt first; three statements."""
    unpaid = list(provider.invoices.all().as_of(day).unpaid().order_by("due_on", "number"))
    busy = list(Charge.objects.filter(provider=provider).live().select_related("invoice", "method").order_by("intended_at", "pk"))
    in_charge = {charge.invoice_id for charge in busy}
    free = [invoice for invoice in unpaid if invoice.pk not in in_charge]
    return Payable(free, busy, list(provider.paymentmethods.all().on_file()))


def chosen_of(payable: Payable, invoice_ids: Collection[str] | None, method_id: str, *, instead_of: str = "") -> Choice:
    """What is chosen: all invoices if none were named at all, and the default method; what is no longer there is left out.

    `instead_of` is a method that was just declined: where there is another, that one is chosen.
    """
    invoices = [one for one in payable.free if invoice_ids is None or one.pk in invoice_ids]
    named = [method for method in payable.methods if method.pk == method_id]
    others = [method for method in payable.methods if method.pk != instead_of]
    return Choice(invoices, next(iter(named or others or payable.methods), None))
