"""Giving money back: through the payment provider if it came that way, else as a bank transfer that was sent."""

from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from billing.actions.charges import COLLECT
from billing.actions.payments import MoreThanPaid, amount_of, left_of, lock_account, record_refund
from billing.models import LIVE, Payment, Refund
from msp_portal.lib import nudge
from msp_portal.lib.rules import RuleBroken


class RefundUnderWay(RuleBroken):
    """One refund of a payment at a time, so that no more goes back than came."""

    message = _("A refund of this payment is under way already.")
    code = "refund_under_way"


class NothingToRefund(RuleBroken):
    """Money that went back, or was written off, never came."""

    message = _("Only money that came in can be given back.")
    code = "nothing_to_refund"
    field = "of_payment"


@transaction.atomic
def give_back(*, payment: Payment, amount: Decimal, reason: str, by: Actor, at: datetime) -> Refund | Payment:
    """Order a refund of what a charge brought; the worker calls the payment provider after the commit. Of a bank transfer note that it was
    sent back.

    :raises NothingToRefund: if `payment` is no money that came in.
    :raises NoAmount: if the amount is not above zero in the currency's minor unit.
    :raises MoreThanPaid: if more would go back than came.
    :raises RefundUnderWay: while the end of an earlier refund of it isn't known.
    """
    if payment.amount < 0 or payment.kind == Payment.Kind.WRITE_OFF:
        raise NothingToRefund
    if not payment.charge_id:
        return record_refund(payment=payment, amount=amount, reference=reason, by=by, at=at)
    back = amount_of(amount, payment.invoice.currency)
    lock_account(payment.provider_id)
    if payment.refunds.filter(state__in=LIVE).exists():
        raise RefundUnderWay
    if back > left_of(payment):
        raise MoreThanPaid
    order = Refund.objects.create(
        provider_id=payment.provider_id, payment=payment, amount=back, reason=reason, intended_at=at, by=str(by or "")
    )
    audit.record(by, "billing.refund.ordered", payment.invoice, at=at, reference=payment.reference, reason=reason)
    transaction.on_commit(partial(nudge.worker, COLLECT), robust=True)
    return order
