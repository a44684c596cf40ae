"""What became of a charge, a refund or a return: the one place that writes it, whoever brings the news first.

An answer, a webhook and the reconciler may tell the same thing, in any order and several times. States only go up (`RANK`), and money has
one row by the payment provider's id of it, so the end is the same.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import structlog
from django.db import transaction

from accounts import audit
from billing.actions import notices
from billing.actions.payments import left_of, lock_account, owed_on
from billing.models import BillingAccount, Charge, ChargeEvent, ChargeState, Payment, PaymentMethod, Refund
from billing.psp import ChargeResult, RefundResult, ReturnFacts

log = structlog.get_logger(__name__)

RANK: Final = {
    state: place
    for place, state in enumerate(
        (
            *(ChargeState.INTENDED, ChargeState.UNKNOWN, ChargeState.REQUIRES_ACTION, ChargeState.PROCESSING),
            *(ChargeState.FAILED, ChargeState.SUCCEEDED),
        )
    )
}
REFUND_RANK: Final = {**RANK, ChargeState.FAILED: max(RANK.values()) + 1}
"""A bank may send a refund back that had succeeded: then it failed, for good."""
ENDS: Final = {ChargeState.FAILED, ChargeState.SUCCEEDED}
PAID_BY: Final = {
    PaymentMethod.Kind.CARD: Payment.Kind.CARD,
    PaymentMethod.Kind.BANK_ACCOUNT: Payment.Kind.DIRECT_DEBIT,
}


class NotOurs(Exception):
    """What the payment provider tells does not fit what we asked for: another amount, currency or customer, or more back than came."""


@dataclass(frozen=True)
class Told:
    """Who says it and when it happened. `event_id` is a webhook's; the answer to a call has none."""

    kind: str
    at: datetime
    event_id: str = ""


@transaction.atomic
def settle(charge: Charge, found: ChargeResult, told: Told, *, at: datetime) -> None:
    """Write what the payment provider says of `charge`.

    :raises NotOurs: if it is another one than we asked for; nothing is written.
    """
    charge = _locked(charge)
    same_amount = (found.amount, found.currency) == (charge.amount, charge.currency)
    if not same_amount or charge.psp_id not in {"", found.id} or found.customer != _customer_of(charge):
        raise NotOurs(found.id)
    _note(charge, told, found.state)
    _move(charge, found.state, told, at=at, psp_id=found.id, decline_code=found.decline_code, action_url=found.action_url)


@transaction.atomic
def fail(charge: Charge, code: str, told: Told, *, at: datetime, psp_id: str = "") -> None:
    """Write that nothing was charged, and why: the payment provider's code of the decline, or one of ours."""
    charge = _locked(charge)
    _note(charge, told, code)
    _move(charge, ChargeState.FAILED, told, at=at, psp_id=psp_id or charge.psp_id, decline_code=code)


@transaction.atomic
def settle_refund(charge: Charge, found: RefundResult, told: Told, *, at: datetime) -> None:
    """Write what the payment provider says of a refund of `charge`, whether we asked for it or someone did so over there.

    :raises NotOurs: if it is of another currency, or more would go back than came; nothing is written.
    """
    charge = _locked(charge)
    if found.currency != charge.currency or found.charge_id != charge.psp_id:
        raise NotOurs(found.id)
    _note(charge, told, found.state)
    order = Refund.objects.filter(payment__charge=charge, psp_id=found.id).first() or _order_of(charge, found)
    if found.state == "succeeded" and not (order and order.state == ChargeState.FAILED):
        _take_back(_payment_of(charge, told, at=at), Payment.Kind.REFUND, found.id, found.amount, told, at=at)
    if found.state == "failed":
        _give_again(charge, found, told)
    if order and REFUND_RANK[ChargeState(order.state)] < REFUND_RANK[ChargeState(found.state)]:
        order.state, order.psp_id = found.state, found.id
        order.settled_at = at if found.state in ENDS else None
        order.save(update_fields=["state", "psp_id", "settled_at"])


@transaction.atomic
def settle_return(charge: Charge, found: ReturnFacts, told: Told, *, at: datetime) -> None:
    """Write that the bank took the money of `charge` back, or gave it again after a dispute that was decided for us.

    :raises NotOurs: if it is of another currency, or more would go back than came; nothing is written.
    """
    charge = _locked(charge)
    if found.currency != charge.currency or found.charge_id != charge.psp_id:
        raise NotOurs(found.id)
    _note(charge, told, found.reason)
    if not found.moves_money:
        return
    payment = _payment_of(charge, told, at=at)
    _take_back(payment, Payment.Kind.RETURN, found.id, found.amount, told, at=at)
    if found.is_won:
        _pay(charge, f"{found.id}-won", found.amount, told, given_again=payment)


def _locked(charge: Charge) -> Charge:
    lock_account(charge.provider_id)
    return Charge.objects.select_for_update(of=("self",)).select_related("invoice", "method").get(pk=charge.pk)


def _customer_of(charge: Charge) -> str:
    return BillingAccount.objects.get(provider_id=charge.provider_id).psp_customer


def _note(charge: Charge, told: Told, note: str) -> None:
    ChargeEvent.objects.create(
        provider_id=charge.provider_id, charge=charge, event_id=told.event_id, kind=told.kind, at=told.at, note=note
    )


def _move(
    charge: Charge, state: str, told: Told, *, at: datetime, psp_id: str, decline_code: str = "", action_url: str = ""
) -> None:
    """Go up to `state`; what is older news than the charge has leaves it alone."""
    if RANK[ChargeState(state)] <= RANK[ChargeState(charge.state)]:
        return
    charge.state, charge.psp_id = ChargeState(state), psp_id
    charge.decline_code, charge.action_url = decline_code, action_url
    charge.settled_at = at if state in ENDS else None
    charge.save(update_fields=["state", "psp_id", "decline_code", "action_url", "settled_at"])
    if state == ChargeState.REQUIRES_ACTION:
        notices.charge_settled(charge=charge, at=at)
    if state not in ENDS:
        return
    if state == ChargeState.SUCCEEDED:
        _pay(charge, psp_id, charge.amount, told)
    audit.record(None, f"billing.charge.{state}", charge.invoice, at=at, attempt=charge.attempt, method=str(charge.method))
    notices.charge_settled(charge=charge, at=at)


def _payment_of(charge: Charge, told: Told, *, at: datetime) -> Payment:
    """The payment that the charge brought. News of money that went back may come first: then it did come."""
    _move(charge, ChargeState.SUCCEEDED, told, at=at, psp_id=charge.psp_id)
    return charge.payments.get(takes_back=None, psp_id=charge.psp_id)


def _pay(charge: Charge, psp_id: str, amount: Decimal, told: Told, *, given_again: Payment | None = None) -> None:
    if Payment.objects.filter(psp_id=psp_id).exists():
        return
    Payment.objects.create(
        provider_id=charge.provider_id,
        invoice=charge.invoice,
        kind=PAID_BY[PaymentMethod.Kind(charge.method.kind)],
        amount=amount,
        received_at=told.at,
        reference=str(charge.method),
        charge=None if given_again else charge,
        takes_back=given_again,  # so it is left of that payment again, and may be refunded
        psp_id=psp_id,
    )
    if owed_on(charge.invoice) < 0:
        log.error("billing.overpaid", alarm=True, provider=charge.provider_id, invoice=charge.invoice.number)


def _take_back(payment: Payment, kind: str, psp_id: str, amount: Decimal, told: Told, *, at: datetime) -> Payment:
    """The row of the money that went back; the one that is there when it was told before."""
    known = Payment.objects.filter(psp_id=psp_id).first()
    if known:
        return known
    if amount > left_of(payment):
        raise NotOurs(psp_id)
    taken = Payment.objects.create(
        provider_id=payment.provider_id,
        invoice=payment.invoice,
        kind=kind,
        amount=-amount,
        received_at=told.at,
        reference=payment.reference,
        takes_back=payment,
        psp_id=psp_id,
    )
    action = "billing.payment.returned" if kind == Payment.Kind.RETURN else "billing.payment.refunded"
    audit.record(None, action, payment.invoice, at=at, kind=kind, reference=payment.reference)
    notices.payment_taken_back(payment=taken, at=at)
    return taken


def _give_again(charge: Charge, found: RefundResult, told: Told) -> None:
    """Undo the row of a refund that the bank sent back; a person has to find another way to the payer."""
    log.error("billing.refund_failed", alarm=True, provider=charge.provider_id, refund=found.id)
    taken = Payment.objects.filter(psp_id=found.id).select_related("takes_back").first()
    if taken and taken.takes_back:
        _pay(charge, f"{found.id}-failed", -taken.amount, told, given_again=taken.takes_back)


def _order_of(charge: Charge, found: RefundResult) -> Refund | None:
    """Our order for the refund, by the metadata that we sent with it."""
    return Refund.objects.filter(payment__charge=charge, pk=found.metadata.get("portal_refund", "")).first()
