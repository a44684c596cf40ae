"""The page on which a card's holder confirms or refuses (3-D Secure): what each answer does."""

from payment_stand_in import adding, attempts, instruments
from payment_stand_in.charges import add_charge
from payment_stand_in.state import Shape, State

REFUSED = "payment_intent_authentication_failure"
WORDS = "The provided PaymentMethod has failed authentication. You can provide another one to try again."


def waiting(state: State, identity: str) -> Shape | None:
    """The intent, if it waits for a confirmation."""
    intent = state.any(identity)
    return intent if intent and intent.get("status") == "requires_action" else None


def return_url(intent: Shape) -> str:
    """Where the person goes afterwards."""
    return str(intent["next_action"]["redirect_to_url"]["return_url"])


def confirm(state: State, intent: Shape) -> None:
    """The holder said yes."""
    if intent["object"] == "setup_intent":
        session, method = state.find("checkout.session", intent["_session"]), state.find("payment_method", intent["_method"])
        adding.finish(state, session, intent, method)
        return
    number = state.find("payment_method", intent["payment_method"])["_number"]
    card = instruments.card(number)
    if card is not None and card.at_charge:
        attempts.declined(state, intent, card.at_charge)
    else:
        attempts.succeed(state, intent, add_charge(state, intent))


def refuse(state: State, intent: Shape) -> None:
    """The holder said no."""
    if intent["object"] == "setup_intent":
        adding.refuse(state, intent, "authentication_required")
    else:
        attempts.fail(state, intent, add_charge(state, intent), REFUSED, "", WORDS)
