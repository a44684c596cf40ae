"""Stripe's published test numbers, and what each of them does. No other number is taken."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True)
class Card:
    """A test card. `confirms`: never, once (when it is added), or whenever it is charged."""

    number: str
    brand: str
    words: str
    at_setup: str = ""
    at_charge: str = ""
    confirms: Literal["never", "once", "always"] = "never"
    is_disputed: bool = False


@dataclass(frozen=True)
class Account:
    """A test bank account, by account number or IBAN. `fails` is what the bank says in the end; empty if it pays."""

    number: str
    words: str
    fails: str = ""
    is_returned: bool = False
    never_settles: bool = False


CARDS: Final = (
    Card("4242424242424242", "visa", "works"),
    Card("4000056655665556", "visa", "works (Visa debit)"),
    Card("5555555555554444", "mastercard", "works (Mastercard)"),
    Card("378282246310005", "amex", "works (American Express)"),
    Card("4000000000000341", "visa", "can be added; every charge is declined", at_charge="generic_decline"),
    Card("4000000000000002", "visa", "declined when it is added", at_setup="generic_decline"),
    Card("4000000000009995", "visa", "declined when it is added: insufficient funds", at_setup="insufficient_funds"),
    Card("4000000000009987", "visa", "declined when it is added: lost", at_setup="lost_card"),
    Card("4000000000000069", "visa", "declined when it is added: expired", at_setup="expired_card"),
    Card("4000000000000119", "visa", "declined when it is added: processing error", at_setup="processing_error"),
    Card("4000002500003155", "visa", "asks for a confirmation when it is added, and never again", confirms="once"),
    Card(
        "4000008260003178",
        "visa",
        "asks for a confirmation when it is added; charges are declined: insufficient funds",
        at_charge="insufficient_funds",
        confirms="once",
    ),
    Card("4000002760003184", "visa", "asks for a confirmation at every charge", confirms="always"),
    Card("4000000000003220", "visa", "asks for a confirmation (3-D Secure 2) at every charge", confirms="always"),
    Card("4000000000000259", "visa", "works; each charge comes back as a dispute", is_disputed=True),
)
US_ROUTING: Final = "110000000"
US_ACCOUNTS: Final = (
    Account("000123456789", "works"),
    Account("000111111113", "fails: the account is closed", "account_closed"),
    Account("000111111116", "fails: no such account", "no_account"),
    Account("000222222227", "fails: insufficient funds", "insufficient_funds"),
    Account("000333333335", "fails: debits are not authorized", "debit_not_authorized"),
    Account("000555555559", "works; each debit comes back later", is_returned=True),
    Account("000000000009", "the bank never answers", never_settles=True),
)
IBANS: Final = (
    Account("DE89370400440532013000", "works"),
    Account("AT611904300234573201", "works (Austria)"),
    Account("DE62370400440532013001", "fails", "generic_could_not_process"),
    Account("DE65370400440002222227", "fails: insufficient funds", "insufficient_funds"),
    Account("DE35370400440532013002", "works; each debit comes back later", is_returned=True),
)
ACCOUNTS: Final = {"us_bank_account": US_ACCOUNTS, "sepa_debit": IBANS}

# Stripe's error code, decline code and words for each reason.
DECLINES: Final = {
    "generic_decline": ("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "lost_card": ("card_declined", "lost_card", "Your card was declined."),
    "expired_card": ("expired_card", "", "Your card has expired."),
    "processing_error": ("processing_error", "", "An error occurred while processing your card. Try again in a little bit."),
    "authentication_required": (
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}
BANK_FAILURES: Final = {
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The bank account could not be located.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
    "generic_could_not_process": "The payment could not be processed.",
}


def card(number: str) -> Card | None:
    """The test card of that number, written with or without spaces."""
    return next((one for one in CARDS if one.number == bare(number)), None)


def account(kind: str, number: str) -> Account | None:
    """The test account of that number or IBAN, written with or without spaces."""
    return next((one for one in ACCOUNTS[kind] if one.number == bare(number)), None)


def bare(number: str) -> str:
    """The number without what people write between its groups."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


def fingerprint(number: str) -> str:
    """Tells whether two methods are the same card or account."""
    return hashlib.sha256(f"stand-in {number}".encode()).hexdigest()[:16]
