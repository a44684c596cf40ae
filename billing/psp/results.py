"""What comes back from the payment provider, in our own words: amounts in the currency's units, times in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["card", "bank_account"]
ChargeState = Literal["succeeded", "processing", "requires_action", "failed"]
RefundState = Literal["succeeded", "processing", "failed"]


@dataclass(frozen=True)
class HostedPage:
    """A page of the payment provider's; whoever has `url` can use it, so it is in no log."""

    url: str = field(repr=False)
    session_id: str


@dataclass(frozen=True)
class MethodFacts:
    """A saved card or bank account. `brand` is the card's network or the bank's name; `expires_on` the last day it is good."""

    token: str = field(repr=False)
    kind: Kind
    brand: str
    last4: str
    expires_on: date | None
    fingerprint: str
    customer: str
    provider_id: str


@dataclass(frozen=True)
class ChargeResult:
    """A charge as the payment provider has it. `action_url` is where the payer confirms while it `requires_action`."""

    id: str
    state: ChargeState
    amount: Decimal
    currency: str
    customer: str
    created_at: datetime
    metadata: Mapping[str, str]
    decline_code: str = ""
    decline_words: str = ""
    action_url: str = field(default="", repr=False)


@dataclass(frozen=True)
class RefundResult:
    """Money that goes back; bank debits take days, so it may be `processing`, and may fail in the end."""

    id: str
    charge_id: str
    state: RefundState
    amount: Decimal
    currency: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class ReturnFacts:
    """A bank debit that came back, or a chargeback. `is_won`: decided for us, so the money came again; an inquiry moves none."""

    id: str
    charge_id: str
    amount: Decimal
    currency: str
    reason: str
    is_won: bool
    moves_money: bool


@dataclass(frozen=True)
class Event:
    """A webhook that the payment provider signed; `object` is what it is about, in the payment provider's own shape."""

    id: str
    type: str
    created: datetime
    object: Mapping[str, Any] = field(repr=False)
