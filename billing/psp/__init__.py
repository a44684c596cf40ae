"""The payment provider: everything the portal asks of it and hears from it. No other module knows its library.

Each function is one call over the network: make it outside of a scope and of a transaction.
"""

from billing.psp.charges import cancel, charge, find_charge, find_charges
from billing.psp.client import is_configured
from billing.psp.customers import detach, ensure_customer, method_of_session, open_setup, takes_bank_accounts
from billing.psp.errors import (
    BadSignature,
    Declined,
    NeedsAction,
    NotFinished,
    PaymentProviderError,
    Refused,
    TooOld,
    Unknown,
)
from billing.psp.reading import charge_in, refund_in, return_in
from billing.psp.refunds import find_refunds, refund
from billing.psp.results import ChargeResult, ChargeState, Event, HostedPage, Kind, MethodFacts, RefundResult, ReturnFacts
from billing.psp.webhooks import TOLERANCE, read_webhook

__all__ = [
    "TOLERANCE",
    "BadSignature",
    "ChargeResult",
    "ChargeState",
    "Declined",
    "Event",
    "HostedPage",
    "Kind",
    "MethodFacts",
    "NeedsAction",
    "NotFinished",
    "PaymentProviderError",
    "RefundResult",
    "Refused",
    "ReturnFacts",
    "TooOld",
    "Unknown",
    "cancel",
    "charge",
    "charge_in",
    "detach",
    "ensure_customer",
    "find_charge",
    "find_charges",
    "find_refunds",
    "is_configured",
    "method_of_session",
    "open_setup",
    "read_webhook",
    "refund",
    "refund_in",
    "return_in",
    "takes_bank_accounts",
]
