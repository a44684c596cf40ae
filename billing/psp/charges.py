"""Charges: one PaymentIntent each, confirmed in the call that makes it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billing.psp.amounts import to_wire
from billing.psp.client import translated
from billing.psp.customers import wire_type
from billing.psp.errors import Refused
from billing.psp.reading import charge_of, read
from billing.psp.results import ChargeResult, Kind

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams

PAGE: Final = 100


def charge(
    *,
    customer: str,
    token: str,
    kind: Kind,
    amount: Decimal,
    currency: str,
    idempotency_key: str,
    metadata: Mapping[str, str],
    off_session: bool,
    return_url: str = "",
) -> ChargeResult:
    """Charge a saved method once, whatever happens to the answer; the key is good for a day.

    `off_session` says that the payer isn't there to confirm. If he is, a card may answer `requires_action`: send him to
    `action_url`, from where he comes back to `return_url`. A bank debit's mandate was given when it was added, so it
    never asks; it answers `processing` and is settled by a webhook days later.

    :raises Declined, NeedsAction: nothing was charged.
    :raises Refused: nothing was asked for, or nothing that can be had.
    :raises Unknown: it may have been charged.
    """
    if not off_session and not return_url:
        raise Refused("return_url", "Whoever confirms a payment needs an address to come back to.")
    wanted: PaymentIntentCreateParams = {
        "amount": to_wire(amount, currency),
        "currency": currency.lower(),
        "customer": customer,
        "payment_method": token,
        "allowed_payment_method_types": [wire_type(kind, currency)],
        "confirm": True,
        "metadata": dict(metadata),
    }
    if off_session or kind == "bank_account":
        wanted["off_session"] = True
    else:
        wanted["return_url"] = return_url
    with translated() as client:
        intent = client.v1.payment_intents.create(wanted, {"idempotency_key": idempotency_key})
    return read(charge_of, intent.to_dict())


def find_charge(*, charge_id: str) -> ChargeResult:
    """The charge as it is now; a declined one is `failed` with its reason.

    :raises Refused: if there is none of that id.
    """
    with translated() as client:
        return read(charge_of, client.v1.payment_intents.retrieve(charge_id).to_dict())


def find_charges(*, customer: str, since: datetime) -> list[ChargeResult]:
    """All charges of the customer that we made at or after `since`, the newest first, the failed ones too: what carries no metadata was made
    by hand over there, in whatever way.
    """
    with translated() as client:
        first = client.v1.payment_intents.list({"customer": customer, "created": {"gte": int(since.timestamp())}, "limit": PAGE})
        made = (intent.to_dict() for intent in first.auto_paging_iter())
        return [read(charge_of, shape) for shape in made if shape.get("metadata")]


def cancel(*, charge_id: str) -> ChargeResult:
    """Give up a charge that waits for its payer; it ends `failed` with the reason `canceled`.

    :raises Refused: if it has ended, or the bank has it already.
    """
    with translated() as client:
        return read(charge_of, client.v1.payment_intents.cancel(charge_id).to_dict())
