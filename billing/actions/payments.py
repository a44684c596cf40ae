"""Recording money: what arrived, what went back, what will never come. Rows are only added, and the ledger follows (`billing.models.Posting`)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Provider
from billing.models import Invoice, Payment
from msp_portal.lib.money import rounded
from msp_portal.lib.rules import RuleBroken


class NoAmount(RuleBroken):
    """Nothing, or less, is no payment; money that went back is a refund."""

    message = _("Enter an amount above zero.")
    code = "no_amount"
    field = "amount"


class TooFine(RuleBroken):
    """Less than the currency's minor unit is a typing error; rounded silently it would be a wrong payment."""

    message = _("The currency of the invoice does not have that many decimal places.")
    code = "amount_too_fine"
    field = "amount"


class TooMuch(RuleBroken):
    """A payment of more than is owed is a mistake, or belongs to another invoice."""

    message = _("That is more than is still owed on the invoice.")
    code = "more_than_owed"
    field = "amount"


class MoreThanPaid(RuleBroken):
    """No more goes back than came."""

    message = _("That is more than is left of the payment.")
    code = "more_than_paid"
    field = "amount"


@transaction.atomic
def record_payment(*, invoice: Invoice, kind: str, amount: Decimal, reference: str, by: Actor, at: datetime) -> Payment:
    """Note a payment that arrived at `at`.

    :raises NoAmount, TooFine: as `amount_of`.
    :raises TooMuch: if more was paid than is owed.
    """
    return _settle(invoice, kind, amount, reference, "billing.invoice.paid", by=by, at=at)


@transaction.atomic
def write_off(*, invoice: Invoice, amount: Decimal, reference: str, by: Actor, at: datetime) -> Payment:
    """Give up a part of what is owed, or all of it; `reference` says why. It counts as credited, not as paid.

    :raises NoAmount, TooFine: as `amount_of`.
    :raises TooMuch: if it is more than is owed.
    """
    return _settle(invoice, Payment.Kind.WRITE_OFF, amount, reference, "billing.invoice.written_off", by=by, at=at)


@transaction.atomic
def record_refund(*, payment: Payment, amount: Decimal, reference: str, by: Actor, at: datetime, kind: str = "refund") -> Payment:
    """Note money of `payment` that went back at `at`: sent by us, or with the kind `return` taken by the bank. The invoice is owed again.

    :raises NoAmount, TooFine: as `amount_of`.
    :raises MoreThanPaid: if more would go back than came.
    """
    invoice = payment.invoice
    back = amount_of(amount, invoice.currency)
    lock_account(invoice.provider_id)
    if back > left_of(payment):
        raise MoreThanPaid
    action = "billing.payment.returned" if kind == Payment.Kind.RETURN else "billing.payment.refunded"
    return _note(invoice, kind, -back, reference, action, by=by, at=at, takes_back=payment)


def lock_account(provider_id: str) -> None:
    """From here to the end of the transaction nobody else decides about what this provider owes."""
    Provider.objects.select_for_update(no_key=True).get(pk=provider_id)


def owed_on(invoice: Invoice) -> Decimal:
    """What is owed on the invoice now, below zero when more was paid; under `lock_account` it stays so."""
    day = invoice.issued_on  # any: the day changes the status only
    owed: Decimal = Invoice.objects.as_of(day).get(pk=invoice.pk).owed_amount  # type: ignore[attr-defined]  # by `as_of`
    return owed


def amount_of(amount: Decimal, currency: str) -> Decimal:
    """The amount, checked.

    :raises NoAmount: if it is not above zero in the currency's minor unit.
    :raises TooFine: if it has more digits than that.
    """
    settled = rounded(amount, currency)
    if settled <= 0:
        raise NoAmount
    if settled != amount:
        raise TooFine
    return settled


def left_of(payment: Payment) -> Decimal:
    """What of a payment has not gone back."""
    gone = payment.taken_back_by.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return payment.amount + gone


def _settle(invoice: Invoice, kind: str, amount: Decimal, reference: str, action: str, *, by: Actor, at: datetime) -> Payment:
    settled = amount_of(amount, invoice.currency)
    lock_account(invoice.provider_id)
    if settled > owed_on(invoice):
        raise TooMuch
    return _note(invoice, kind, settled, reference, action, by=by, at=at)


def _note(
    invoice: Invoice,
    kind: str,
    amount: Decimal,
    reference: str,
    action: str,
    *,
    by: Actor,
    at: datetime,
    takes_back: Payment | None = None,
) -> Payment:
    payment = Payment.objects.create(
        provider_id=invoice.provider_id,
        invoice=invoice,
        kind=kind,
        amount=amount,
        received_at=at,
        reference=reference,
        takes_back=takes_back,
        recorded_by=str(by or ""),
    )
    audit.record(by, action, invoice, at=at, kind=kind, reference=reference)
    return payment
