"""PaymentIntents."""

from typing import Final

from payment_stand_in import attempts, events
from payment_stand_in.call import Answer, Call, wrong_state
from payment_stand_in.errors import invalid
from payment_stand_in.lists import PAGING, page
from payment_stand_in.state import Shape

CURRENCIES: Final = {"usd", "eur", "gbp", "chf", "cad", "aud", "nzd", "sek", "nok", "dkk", "pln", "jpy", "kwd"}
THREE_DIGITS: Final = {"kwd"}
CONFIRMABLE: Final = {"requires_payment_method", "requires_confirmation", "requires_action"}
OPEN: Final = CONFIRMABLE | {"requires_capture"}
ACCEPTED: Final = ("amount", "currency", "customer", "payment_method", "allowed_payment_method_types", "metadata", "description")
CONFIRMING: Final = ("off_session", "return_url")


def create(call: Call) -> Answer:
    """POST /v1/payment_intents"""
    call.only(*ACCEPTED, *CONFIRMING, "confirm")
    intent = call.state.add("pi", "payment_intent", wanted(call))
    events.tell(call.state, "payment_intent.created", intent)
    return attempt(call, intent) if call.truth("confirm") else Answer(intent)


def wanted(call: Call) -> Shape:
    """The new PaymentIntent, checked as the real service checks it."""
    currency, amount = call.text("currency"), call.whole("amount")
    if currency not in CURRENCIES:
        raise invalid(f"Invalid currency: {currency}.", "", "currency")
    if currency in THREE_DIGITS and amount % 10:
        raise invalid("Invalid amount: the last digit must be 0 in this currency.", "invalid_amount", "amount")
    customer = call.state.find("customer", call.text("customer"))["id"]
    method = call.text("payment_method", "")
    return {
        "amount": amount,
        "amount_received": 0,
        "currency": currency,
        "customer": customer,
        "payment_method": call.state.find("payment_method", method)["id"] if method else None,
        "payment_method_types": call.texts("allowed_payment_method_types") or ["card"],
        "metadata": call.branch("metadata"),
        "description": call.text("description", "") or None,
        "status": "requires_confirmation" if method else "requires_payment_method",
        "latest_charge": None,
        "next_action": None,
        "last_payment_error": None,
        "canceled_at": None,
    }


def attempt(call: Call, intent: Shape) -> Answer:
    """Confirm it with its method."""
    off_session, return_url = call.truth("off_session"), call.text("return_url", "")
    if not off_session and not return_url:
        raise invalid("A return_url is needed to confirm a PaymentIntent on-session.", "parameter_missing", "return_url")
    return attempts.confirm(call.state, call.settings, intent, off_session=off_session, return_url=return_url)


def confirm(call: Call) -> Answer:
    """POST /v1/payment_intents/:id/confirm"""
    call.only("payment_method", *CONFIRMING)
    intent = call.state.find("payment_intent", call.identity)
    if intent["status"] not in CONFIRMABLE:
        raise wrong_state("payment_intent", intent["status"])
    intent["payment_method"] = call.text("payment_method", intent["payment_method"])
    return attempt(call, intent)


def cancel(call: Call) -> Answer:
    """POST /v1/payment_intents/:id/cancel"""
    call.only("cancellation_reason")
    intent = call.state.find("payment_intent", call.identity)
    if intent["status"] not in OPEN:
        raise wrong_state("payment_intent", intent["status"])
    intent |= {"status": "canceled", "canceled_at": int(call.state.now()), "next_action": None}
    events.tell(call.state, "payment_intent.canceled", call.state.save(intent))
    return Answer(intent)


def retrieve(call: Call) -> Answer:
    """GET /v1/payment_intents/:id"""
    call.only()
    return Answer(call.state.find("payment_intent", call.identity))


def of_customer(call: Call) -> Answer:
    """GET /v1/payment_intents"""
    call.only("customer", *PAGING)
    customer = call.text("customer", "")
    return Answer(page(call, "payment_intent", "/v1/payment_intents", **({"customer": customer} if customer else {})))
