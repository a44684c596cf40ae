"""What becomes of a charge: by its card at once, by its bank account later, by its payer's confirmation in between."""

from payment_stand_in import events, instruments
from payment_stand_in.call import Answer
from payment_stand_in.charges import add_charge, change_charge
from payment_stand_in.errors import invalid, of_the_card
from payment_stand_in.settings import Settings
from payment_stand_in.state import Shape, State
from payment_stand_in.timers import set_timer


def confirm(state: State, settings: Settings, intent: Shape, *, off_session: bool, return_url: str) -> Answer:
    """Try to charge the method of the PaymentIntent."""
    method = checked_method(state, intent)
    if method["type"] != "card":
        return Answer(ask_the_bank(state, settings, intent, method))
    card = instruments.card(method["_number"])
    assert card is not None, "only test cards are kept"
    if card.confirms == "always":
        return unconfirmed(state, settings, intent, off_session=off_session, return_url=return_url)
    return by_card(state, settings, intent, card)


def checked_method(state: State, intent: Shape) -> Shape:
    """The method, if it may be charged for this PaymentIntent."""
    if not intent["payment_method"]:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.", "parameter_missing")
    method = state.find("payment_method", intent["payment_method"])
    if method["customer"] != intent["customer"]:
        raise invalid("The provided PaymentMethod does not belong to this customer.", "payment_method_unexpected_state")
    if method["type"] not in intent["payment_method_types"]:
        raise invalid("The PaymentMethod's type is not allowed for this PaymentIntent.", "payment_method_invalid_parameter")
    return method


def by_card(state: State, settings: Settings, intent: Shape, card: instruments.Card) -> Answer:
    """The card's answer."""
    if card.at_charge:
        return declined(state, intent, card.at_charge)
    succeed(state, intent, add_charge(state, intent))
    if card.is_disputed:
        set_timer(state, intent["id"], "dispute", settings.bank_delay)
    return Answer(intent)


def unconfirmed(state: State, settings: Settings, intent: Shape, *, off_session: bool, return_url: str) -> Answer:
    """The payer must confirm: on a page if he is there, else the bank declines."""
    if off_session:
        return declined(state, intent, "authentication_required")
    page = f"{settings.public_url}/confirm/{intent['id']}"
    intent |= {"status": "requires_action", "last_payment_error": None}
    intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": return_url}}
    events.tell(state, "payment_intent.requires_action", state.save(intent))
    return Answer(intent)


def ask_the_bank(state: State, settings: Settings, intent: Shape, method: Shape) -> Shape:
    """Send the debit; the bank takes its time."""
    charge = add_charge(state, intent, status="pending")
    intent |= {"status": "processing", "latest_charge": charge["id"], "last_payment_error": None}
    events.tell(state, "payment_intent.processing", state.save(intent))
    account = instruments.account(method["type"], method["_number"])
    assert account is not None, "only test accounts are kept"
    if not account.never_settles:
        set_timer(state, intent["id"], "bank", settings.bank_delay)
    return intent


def succeed(state: State, intent: Shape, charge: Shape) -> None:
    """The money came."""
    change_charge(state, charge, {"status": "succeeded", "paid": True}, "charge.succeeded")
    intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    intent |= {"next_action": None, "last_payment_error": None}
    events.tell(state, "payment_intent.succeeded", state.save(intent))


def declined(state: State, intent: Shape, reason: str) -> Answer:
    """The card's bank said no: a 402, and all that led to it is kept."""
    code, decline_code, words = instruments.DECLINES[reason]
    fail(state, intent, add_charge(state, intent), code, decline_code, words)
    return Answer(of_the_card(code, decline_code, words, intent), 402)


def fail(state: State, intent: Shape, charge: Shape, code: str, decline_code: str, words: str) -> None:
    """The money didn't come."""
    change_charge(
        state, charge, {"status": "failed", "failure_code": decline_code or code, "failure_message": words}, "charge.failed"
    )
    error = {"type": "card_error", "code": code, "message": words, "charge": charge["id"]}
    intent |= {"status": "requires_payment_method", "latest_charge": charge["id"], "next_action": None}
    intent["last_payment_error"] = {**error, "decline_code": decline_code} if decline_code else error
    events.tell(state, "payment_intent.payment_failed", state.save(intent))
