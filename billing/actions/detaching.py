"""Taking a card or bank account away from the payment provider, once it is off our file."""

from typing import Final

from billing import psp, tokens
from billing.models import PaymentMethod
from msp_portal.lib import outbox, tenancy

DETACH: Final = "psp.detach"
AWAY_ALREADY: Final = {"resource_missing", "InvalidRequestError"}
"""How the payment provider refuses to detach what belongs to no customer; other refusals mean that we may not ask at all."""


def detach_later(method: PaymentMethod) -> None:
    """After the commit, of a method that was removed."""
    outbox.put(DETACH, {"method": method.pk}, provider_id=method.provider_id)


def detach_unwanted(token: str, *, provider_id: str) -> None:
    """After the commit, of one that was never put on file. The message keeps the token as a row would: sealed."""
    outbox.put(DETACH, {"sealed_token": tokens.seal(token)}, provider_id=provider_id)


@outbox.delivers(DETACH)
def detach(payload: outbox.Payload, _key: str) -> None:
    """Take it away. What was taken away before is as it should be.

    :raises PaymentProviderError: so that the outbox tries again, and in the end parks it with an alarm.
    """
    token = tokens.opened(payload.get("sealed_token") or _sealed_token_of(payload["method"]))
    try:
        psp.detach(token=token)
    except psp.Refused as refusal:
        if refusal.code not in AWAY_ALREADY:
            raise


def _sealed_token_of(method_id: str) -> str:
    with tenancy.system("the token of a payment method to detach"):
        return PaymentMethod.objects.get(pk=method_id).sealed_token
