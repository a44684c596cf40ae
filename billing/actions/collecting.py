"""Calling the payment provider for what was intended: claim, commit, call, write. The call is outside of every transaction.

From the claim on the charge is "unknown": if this process dies, or no answer comes, the reconciler finds out (`reconciling`). Nothing here
ever charges under a new key.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from accounts.emails import portal_url
from billing import psp, tokens
from billing.actions.payments import owed_on
from billing.actions.settling import NotOurs, Told, fail, settle, settle_refund
from billing.models import BillingAccount, Charge, ChargeState, PaymentMethod, Refund
from msp_portal.lib import tenancy

log = structlog.get_logger(__name__)

ANSWER: Final = "answer"
NOT_OWED: Final = "not_owed"
METHOD_REMOVED: Final = "payment_method_removed"


def collect(now: Callable[[], datetime]) -> int:
    """Send all charges and refunds that are intended; how many there were. Several workers may do so at once."""
    sent = 0
    while (charge := claim(now())) is not None:
        if charge.state == ChargeState.UNKNOWN:
            send(charge, now)
        sent += 1
    while (order := claim_refund(now())) is not None:
        send_refund(order, now)
        sent += 1
    return sent


def claim(at: datetime) -> Charge | None:
    """The oldest intended charge, from now on "unknown" for all; or it failed, as there is nothing left to charge or its method is gone."""
    with tenancy.system("claim a charge"):
        waiting = Charge.objects.filter(state=ChargeState.INTENDED).order_by("intended_at", "pk")
        waiting = waiting.select_for_update(of=("self",), skip_locked=True).select_related("invoice", "method")
        charge = waiting.first()
        if charge is None:
            return None
        if refusal := refusal_of(charge):
            fail(charge, refusal, Told("not sent", at), at=at)
            return charge
        charge.state, charge.sent_at = ChargeState.UNKNOWN, at
        charge.save(update_fields=["state", "sent_at"])
        return charge


def refusal_of(charge: Charge) -> str:
    """Why the charge is not sent, or not again; empty if it is."""
    if owed_on(charge.invoice) < charge.amount:
        return NOT_OWED
    return METHOD_REMOVED if charge.method.removed_at else ""


def send(charge: Charge, now: Callable[[], datetime]) -> None:
    """Ask the payment provider for the money of a charge that is "unknown", and write what it answers; no answer leaves it unknown."""
    account, method = _account_and_method(charge)
    by_hand = charge.reason == Charge.Reason.PAY_NOW
    try:
        found = psp.charge(
            customer=account.psp_customer,
            token=tokens.opened(method.sealed_token),
            kind="card" if method.kind == PaymentMethod.Kind.CARD else "bank_account",
            amount=charge.amount,
            currency=charge.currency,
            idempotency_key=charge.idempotency_key,
            metadata={"portal_charge": charge.pk, "portal_provider": charge.provider_id},
            off_session=not by_hand,
            return_url=portal_url("payment-progress", charge.pk) if by_hand else "",
        )
    except (psp.Declined, psp.NeedsAction) as no:
        _failed(charge, no.code, now(), no.charge_id)
    except psp.Refused as no:
        log.error("billing.charge_refused", alarm=True, charge=charge.pk, provider=charge.provider_id, code=no.code)
        _failed(charge, no.code, now())
    except psp.Unknown as fault:
        log.warning("billing.charge_unknown", charge=charge.pk, provider=charge.provider_id, error=fault.code)
    else:
        write(charge, found, Told(ANSWER, now()), now())


def write(charge: Charge, found: psp.ChargeResult, told: Told, at: datetime) -> None:
    """Settle in the system's name; what doesn't fit is left as it is and raises an alarm."""
    try:
        with tenancy.system("settle a charge"):
            settle(charge, found, told, at=at)
    except NotOurs:
        log.error("billing.charge_not_ours", alarm=True, charge=charge.pk, provider=charge.provider_id, psp_id=found.id)


def _failed(charge: Charge, code: str, at: datetime, psp_id: str = "") -> None:
    with tenancy.system("settle a charge"):
        fail(charge, code, Told(ANSWER, at), at=at, psp_id=psp_id)


def _account_and_method(charge: Charge) -> tuple[BillingAccount, PaymentMethod]:
    with tenancy.system("call for a charge"):
        account = BillingAccount.objects.get(provider_id=charge.provider_id)
        return account, PaymentMethod.objects.get(pk=charge.method_id)


def claim_refund(at: datetime) -> Refund | None:
    """The oldest intended refund, from now on "unknown"; committed before the call."""
    with tenancy.system("claim a refund"):
        waiting = Refund.objects.filter(state=ChargeState.INTENDED).order_by("intended_at", "pk")
        order = (
            waiting.select_for_update(of=("self",), skip_locked=True)
            .select_related("payment__charge", "payment__invoice")
            .first()
        )
        if order:
            order.state, order.sent_at = ChargeState.UNKNOWN, at
            order.save(update_fields=["state", "sent_at"])
        return order


def send_refund(order: Refund, now: Callable[[], datetime]) -> None:
    """Ask the payment provider to give the money back, and write what it answers; no answer leaves it unknown."""
    charge = order.payment.charge
    assert charge is not None, "only what a charge brought goes back through the payment provider"
    try:
        found = psp.refund(
            charge_id=charge.psp_id,
            amount=order.amount,
            currency=charge.currency,
            idempotency_key=order.idempotency_key,
            metadata={"portal_refund": order.pk},
        )
    except (psp.Refused, psp.Declined) as no:
        fail_refund(order, no.code, now())
    except psp.Unknown as fault:
        log.warning("billing.refund_unknown", refund=order.pk, provider=order.provider_id, error=fault.code)
    else:
        write_refund(charge, found, Told(ANSWER, now()), now())


def write_refund(charge: Charge, found: psp.RefundResult, told: Told, at: datetime) -> None:
    """Settle in the system's name; what doesn't fit is left as it is and raises an alarm."""
    try:
        with tenancy.system("settle a refund"):
            settle_refund(charge, found, told, at=at)
    except NotOurs:
        log.error("billing.refund_not_ours", alarm=True, provider=charge.provider_id, psp_id=found.id)


def fail_refund(order: Refund, code: str, at: datetime) -> None:
    """Write that nothing goes back, and why."""
    log.error("billing.refund_failed", alarm=True, refund=order.pk, provider=order.provider_id, code=code)
    with tenancy.system("settle a refund"):
        order.state, order.failure, order.settled_at = ChargeState.FAILED, code, at
        order.save(update_fields=["state", "failure", "settled_at"])
