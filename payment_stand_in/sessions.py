"""Checkout sessions in setup mode, each with its SetupIntent."""

from typing import Final

from payment_stand_in.call import Answer, Call
from payment_stand_in.errors import invalid
from payment_stand_in.state import new_id

TYPES: Final = {"card": None, "us_bank_account": "usd", "sepa_debit": "eur"}
A_DAY: Final = 86_400
ACCEPTED: Final = (
    "mode",
    "customer",
    "currency",
    "allowed_payment_method_types",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "metadata",
    "payment_method_options",
)


def create(call: Call) -> Answer:
    """POST /v1/checkout/sessions"""
    call.only(*ACCEPTED)
    if call.text("mode") != "setup":
        raise invalid("This stand-in has setup sessions only.", "", "mode")
    customer = call.state.find("customer", call.text("customer"))
    types = checked_types(call)
    intent = call.state.add(
        "seti",
        "setup_intent",
        {
            "customer": customer["id"],
            "status": "requires_payment_method",
            "usage": "off_session",
            "payment_method": None,
            "payment_method_types": types,
            "next_action": None,
            "last_setup_error": None,
            "metadata": {},
        },
    )
    return Answer(open_page(call, customer["id"], intent["id"], types))


def open_page(call: Call, customer: str, intent: str, types: list[str]) -> dict[str, object]:
    """The session; its address is as good as a key, so it is long and random."""
    secret = new_id("cs_test")
    return call.state.add(
        "cs_test",
        "checkout.session",
        {
            "id": secret,
            "mode": "setup",
            "status": "open",
            "customer": customer,
            "setup_intent": intent,
            "payment_intent": None,
            "payment_status": "no_payment_required",
            "currency": call.text("currency", "") or None,
            "payment_method_types": types,
            "client_reference_id": call.text("client_reference_id", ""),
            "metadata": call.branch("metadata"),
            "success_url": call.text("success_url"),
            "cancel_url": call.text("cancel_url", ""),
            "expires_at": int(call.state.now()) + A_DAY,
            "url": f"{call.settings.public_url}/pay/{secret}",
        },
    )


def checked_types(call: Call) -> list[str]:
    """The kinds of method that the page offers: those asked for that go with the currency, as the real service filters."""
    currency = call.text("currency", "")
    wanted = call.texts("allowed_payment_method_types")
    if not wanted and not currency:
        raise invalid("Missing required param: currency.", "parameter_missing", "currency")
    fitting = [kind for kind in wanted or list(TYPES) if kind in TYPES and TYPES[kind] in {None, currency}]
    if not fitting:
        raise invalid("No valid payment method types for this Checkout Session.", "", "allowed_payment_method_types")
    return fitting


def retrieve(call: Call) -> Answer:
    """GET /v1/checkout/sessions/:id"""
    call.only()
    return Answer(call.state.find("checkout.session", call.identity))


def setup_intent(call: Call) -> Answer:
    """GET /v1/setup_intents/:id"""
    call.only()
    return Answer(call.state.find("setup_intent", call.identity))
