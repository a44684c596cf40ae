"""Giving money back through the payment provider, the way it came. What was sent back by bank transfer is only noted (`payments`)."""

from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from billing.actions.charges import COLLECT
from billing.actions.payments import MoreThanPaid, amount_of, left_of, lock_account
from billing.models import LIVE, Payment, Refund
from msp_portal.lib import nudge
from msp_portal.lib.rules import RuleBroken


class RefundUnderWay(RuleBroken):
    """One refund of a payment at a time, so that no more goes back than came."""

    message = _("A refund of this payment is under way already.")
    code = "refund_under_way"


class NothingToRefund(RuleBroken):
    """What did not come through the payment provider does not go back through it."""

    message = _("Only money that came through the payment provider can be given back there.")
    code = "nothing_to_refund"
    field = "of_payment"


@transaction.atomic
def order_refund(*, payment: Payment, amount: Decimal, reason: str, by: Actor, at: datetime) -> Refund:
    """Mean to give back a part of what a charge brought, or all of it; the worker calls the payment provider after the commit.

    :raises NothingToRefund: if `payment` is not what a charge brought.
    :raises NoAmount, TooFine: as `amount_of`.
    :raises MoreThanPaid: if more would go back than came.
    :raises RefundUnderWay: while the end of an earlier refund of it isn't known.
    """
    if not payment.charge_id or payment.amount < 0:
        raise NothingToRefund
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
