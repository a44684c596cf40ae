"""Paying by hand."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Administrator
from billing.actions.charges import intend_charge
from billing.models import Charge, Invoice, PaymentMethod


@transaction.atomic
def pay(*, invoices: Sequence[Invoice], method: PaymentMethod, by: Administrator, at: datetime) -> list[Charge]:
    """Mean to charge all that is owed on each of `invoices`: all of them or none.

    :raises NothingOwed, ChargeUnderWay, MethodGone: as `intend_charge` does.
    """
    return [intend_charge(invoice=one, method=method, reason=Charge.Reason.PAY_NOW, by=by, at=at) for one in invoices]
