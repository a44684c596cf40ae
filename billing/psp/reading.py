"""From the payment provider's shapes to ours. Webhooks may come in a version that isn't ours, so what is extra may lack."""

import calendar
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from billing.psp.amounts import from_wire
from billing.psp.errors import Unknown
from billing.psp.results import ChargeResult, ChargeState, Event, Kind, MethodFacts, RefundResult, RefundState, ReturnFacts

Shape = Mapping[str, Any]
Result = TypeVar("Result")

PROVIDER: Final = "portal_provider"
KINDS: Final[dict[str, Kind]] = {"card": "card", "us_bank_account": "bank_account", "sepa_debit": "bank_account"}
BRANDS: Final = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
CHARGE_STATES: Final[dict[str, ChargeState]] = {
    "succeeded": "succeeded",
    "processing": "processing",
    "requires_action": "requires_action",
    "requires_payment_method": "failed",
    "requires_confirmation": "failed",  # was never sent to a bank, and nobody sends it later
    "canceled": "failed",
}
REFUND_STATES: Final[dict[str, RefundState]] = {
    "succeeded": "succeeded",
    "pending": "processing",
    "requires_action": "processing",
    "failed": "failed",
    "canceled": "failed",
}


def read(reader: Callable[[Shape], Result], shape: Shape) -> Result:
    """What `reader` makes of the shape.

    :raises Unknown: if something it needs isn't there: the call may have done what it was to do.
    """
    try:
        return reader(shape)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Unknown(f"unreadable:{shape.get('object', '')}") from error


def charge_of(intent: Shape) -> ChargeResult:
    """A PaymentIntent as a charge; call it through `read`."""
    error = intent.get("last_payment_error") or {}
    state = CHARGE_STATES[intent["status"]]
    canceled = "canceled" if intent["status"] == "canceled" else ""
    return ChargeResult(
        id=intent["id"],
        state=state,
        amount=from_wire(int(intent["amount"]), intent["currency"]),
        currency=intent["currency"].upper(),
        customer=identity(intent.get("customer")),
        created_at=instant(intent["created"]),
        metadata=dict(intent.get("metadata") or {}),
        decline_code=(error.get("decline_code") or error.get("code") or canceled) if state == "failed" else "",
        decline_words=(error.get("message") or "") if state == "failed" else "",
        action_url=action_url(intent.get("next_action") or {}),
    )


def action_url(next_action: Shape) -> str:
    """Where the payer confirms; empty where there is nothing to confirm on a page."""
    return str((next_action.get("redirect_to_url") or {}).get("url") or "")


def refund_of(refund: Shape) -> RefundResult:
    """A Refund; call it through `read`."""
    return RefundResult(
        id=refund["id"],
        charge_id=identity(refund.get("payment_intent")),
        state=REFUND_STATES[refund["status"]],
        amount=from_wire(int(refund["amount"]), refund["currency"]),
        currency=refund["currency"].upper(),
        metadata=dict(refund.get("metadata") or {}),
    )


def return_of(dispute: Shape) -> ReturnFacts:
    """A Dispute, which is also the shape of a bank debit that came back; call it through `read`."""
    return ReturnFacts(
        id=dispute["id"],
        charge_id=identity(dispute.get("payment_intent")),
        amount=from_wire(int(dispute["amount"]), dispute["currency"]),
        currency=dispute["currency"].upper(),
        reason=dispute.get("reason") or "",
        is_won=dispute.get("status") == "won",
        moves_money=not str(dispute.get("status")).startswith("warning_"),
    )


def method_of(method: Shape, provider_id: str) -> MethodFacts:
    """A PaymentMethod; call it through `read`."""
    details = method[method["type"]]
    return MethodFacts(
        token=method["id"],
        kind=KINDS[method["type"]],
        brand=BRANDS.get(details.get("brand"), details.get("brand"))
        or details.get("bank_name")
        or details.get("bank_code")
        or "",
        last4=details["last4"],
        expires_on=last_day(details["exp_year"], details["exp_month"]) if method["type"] == "card" else None,
        fingerprint=details.get("fingerprint") or "",
        customer=identity(method.get("customer")),
        provider_id=provider_id,
    )


def charge_in(event: Event) -> ChargeResult | None:
    """The charge that the event is about; None if it is about something else.

    :raises Unknown: if it is one, but can't be read.
    """
    return read(charge_of, event.object) if event.object.get("object") == "payment_intent" else None


def refund_in(event: Event) -> RefundResult | None:
    """The refund that the event is about; None if it is about something else.

    :raises Unknown: if it is one, but can't be read.
    """
    return read(refund_of, event.object) if event.object.get("object") == "refund" else None


def return_in(event: Event) -> ReturnFacts | None:
    """The return or chargeback that the event is about; None if it is about something else.

    :raises Unknown: if it is one, but can't be read.
    """
    return read(return_of, event.object) if event.object.get("object") == "dispute" else None


def identity(field: Any) -> str:
    """The id in a field that holds an id, the object itself, or nothing."""
    return str(field["id"] if isinstance(field, Mapping) else field or "")


def instant(seconds: int) -> datetime:
    """A time on the wire."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def last_day(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, calendar.monthrange(year, month)[1])
