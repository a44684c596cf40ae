"""Meaning to charge: the row is committed before the payment provider hears of it, and the worker does the rest (`collecting`)."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from billing.actions.payments import lock_account, owed_on
from billing.models import Charge, Invoice, PaymentMethod
from msp_portal.lib import nudge
from msp_portal.lib.rules import RuleBroken

COLLECT: Final = "billing.tasks.collect_charges"


class NothingOwed(RuleBroken):
    """Nothing is left to be paid."""

    message = _("Nothing is owed on the invoice any more.")
    code = "nothing_owed"


class ChargeUnderWay(RuleBroken):
    """One charge at a time, so that no invoice is paid twice."""

    message = _("A payment of this invoice is under way already. Wait until the bank has answered.")
    code = "charge_under_way"


class MethodGone(RuleBroken):
    """It was removed in the meantime."""

    message = _("The payment method was removed. Choose another one.")
    code = "payment_method_removed"
    field = "method"


@transaction.atomic
def intend_charge(*, invoice: Invoice, method: PaymentMethod, reason: str, by: Actor, at: datetime) -> Charge:
    """Mean to collect all that is owed on `invoice` from `method`; the worker is told after the commit.

    :raises NothingOwed: if nothing is.
    :raises ChargeUnderWay: if the end of an earlier charge isn't known yet.
    :raises MethodGone: if the method was removed.
    """
    lock_account(invoice.provider_id)
    owed = owed_on(invoice)
    if owed <= 0:
        raise NothingOwed
    if invoice.charges.live().exists():
        raise ChargeUnderWay
    if not PaymentMethod.objects.on_file().filter(pk=method.pk, provider_id=invoice.provider_id).exists():
        raise MethodGone
    charge = Charge.objects.create(
        provider_id=invoice.provider_id,
        invoice=invoice,
        method=method,
        attempt=(invoice.charges.aggregate(last=Max("attempt"))["last"] or 0) + 1,
        reason=reason,
        amount=owed,
        currency=invoice.currency,
        intended_at=at,
        by=str(by or ""),
    )
    audit.record(by, "billing.charge.intended", invoice, at=at, attempt=charge.attempt, method=str(method), reason=reason)
    transaction.on_commit(partial(nudge.worker, COLLECT), robust=True)
    return charge
