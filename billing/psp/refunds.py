"""Money back to the method that it came from."""

from collections.abc import Mapping
from decimal import Decimal

from billing.psp.amounts import to_wire
from billing.psp.client import translated
from billing.psp.reading import read, refund_of
from billing.psp.results import RefundResult


def refund(
    *, charge_id: str, amount: Decimal, currency: str, idempotency_key: str, metadata: Mapping[str, str] | None = None
) -> RefundResult:
    """Give back part or all of a charge, once, whatever happens to the answer; the key is good for a day.

    :raises Refused: if it is more than what is left of the charge, or the charge didn't succeed.
    :raises Unknown: it may have happened; `find_refunds` tells.
    """
    units = to_wire(amount, currency)
    with translated() as client:
        refunded = client.v1.refunds.create(
            {"payment_intent": charge_id, "amount": units, "metadata": dict(metadata or {})},
            {"idempotency_key": idempotency_key},
        )
    return read(refund_of, refunded.to_dict())


def find_refunds(*, charge_id: str) -> list[RefundResult]:
    """All refunds of the charge, the newest first."""
    with translated() as client:
        first = client.v1.refunds.list({"payment_intent": charge_id, "limit": 100})
        return [read(refund_of, found.to_dict()) for found in first.auto_paging_iter()]
