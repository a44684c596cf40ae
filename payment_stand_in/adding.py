"""What the hosted page does with a form: a method for the session's customer, or the reason why not."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from payment_stand_in import events, instruments, payment_methods
from payment_stand_in.settings import Settings
from payment_stand_in.state import Shape, State

EXPIRY: Final = re.compile(r"(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)")


class NotTaken(Exception):
    """The form was not taken; the message says why."""


def add_from(state: State, settings: Settings, session: Shape, form: Mapping[str, str]) -> Shape:
    """Take the form; the session's SetupIntent, which then has `succeeded` or `requires_action`.

    :raises NotTaken: for anything that isn't one of the test numbers, or is one that is declined.
    """
    kind = session["payment_method_types"][0]
    intent = state.find("setup_intent", session["setup_intent"])
    if kind == "card":
        return add_card(state, settings, session, intent, form)
    account = instruments.account(kind, form.get("number", ""))
    if account is None or (kind == "us_bank_account" and form.get("routing", "").strip() != instruments.US_ROUTING):
        raise NotTaken("This page takes only the test accounts in the list below.")
    return finish(state, session, intent, payment_methods.add_account(state, kind, account, name_in(form)))


def add_card(state: State, settings: Settings, session: Shape, intent: Shape, form: Mapping[str, str]) -> Shape:
    """Take a card."""
    card = instruments.card(form.get("number", ""))
    if card is None:
        raise NotTaken("This page takes only the test cards in the list below.")
    month, year = expiry_in(form, state)
    name = name_in(form)
    if card.at_setup:
        raise NotTaken(refuse(state, intent, card.at_setup))
    method = payment_methods.add_card(state, card, month, year, name)
    if card.confirms == "never":
        return finish(state, session, intent, method)
    page = f"{settings.public_url}/confirm/{intent['id']}"
    intent |= {"status": "requires_action", "_method": method["id"], "_session": session["id"]}
    intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": page, "return_url": session["success_url"]}}
    return state.save(intent)


def name_in(form: Mapping[str, str]) -> str:
    """The holder's name."""
    name = form.get("name", "").strip()
    if not name or len(name) > 200:
        raise NotTaken("Enter the name of the holder.")
    return name


def expiry_in(form: Mapping[str, str], state: State) -> tuple[int, int]:
    """Month and year."""
    found = EXPIRY.fullmatch(form.get("expiry", "").strip())
    if found is None:
        raise NotTaken("Enter the expiry as month and year, like 12 / 34.")
    month, year = int(found[1]), 2000 + int(found[2])
    today = datetime.fromtimestamp(state.now(), tz=UTC)
    if (year, month) < (today.year, today.month):
        raise NotTaken("This expiry is in the past; enter one in the future.")
    return month, year


def finish(state: State, session: Shape, intent: Shape, method: Shape) -> Shape:
    """The method belongs to the customer, and the session is complete."""
    payment_methods.give(state, method, session["customer"])
    intent |= {"status": "succeeded", "payment_method": method["id"], "next_action": None, "last_setup_error": None}
    events.tell(state, "setup_intent.succeeded", state.save(intent))
    session["status"] = "complete"
    events.tell(state, "checkout.session.completed", state.save(session))
    return intent


def refuse(state: State, intent: Shape, reason: str) -> str:
    """Note that the bank declined; its words."""
    code, decline_code, words = instruments.DECLINES[reason]
    error = {"type": "card_error", "code": code, "decline_code": decline_code, "message": words}
    intent |= {"status": "requires_payment_method", "last_setup_error": error, "next_action": None}
    events.tell(state, "setup_intent.setup_failed", state.save(intent))
    return words
