"""The library's client, and the one place that turns its errors into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

import stripe
from django.conf import settings
from stripe import StripeClient

from billing.psp.errors import Declined, NeedsAction, PaymentProviderError, Refused, Unknown
from msp_portal.lib import tenancy

# The version that this release of the library was written for: an account's own default must not change our shapes.
API_VERSION: Final = stripe.api_version
CONNECT_TIMEOUT: Final = 5
NEEDS_THE_PAYER: Final = "authentication_required"

stripe.enable_telemetry = False


def is_configured() -> bool:
    """Whether there is a payment provider; without one, payment methods are not offered."""
    return bool(settings.PSP_SECRET_KEY)


def client() -> StripeClient:
    """The client for the present settings.

    :raises Refused: without a secret key.
    """
    if not is_configured():
        raise Refused("not_configured", "There is no payment provider: PSP_SECRET_KEY is not set.")
    return client_for(settings.PSP_SECRET_KEY, settings.PSP_API_BASE, settings.PSP_TIMEOUT)


@lru_cache(maxsize=8)
def client_for(secret_key: str, api_base: str, timeout: float) -> StripeClient:
    """One client a setting, so that connections are used again; it never repeats a call by itself."""
    return StripeClient(
        secret_key,
        base_addresses={"api": api_base} if api_base else {},
        http_client=stripe.RequestsClient(timeout=(min(timeout, CONNECT_TIMEOUT), timeout)),
        max_network_retries=0,
        stripe_version=API_VERSION,
    )


@contextmanager
def translated() -> Iterator[StripeClient]:
    """The client, in a block whose errors are ours.

    :raises Declined, NeedsAction, Unknown, Refused: as the payment provider answered.
    :raises AssertionError: inside a scope, whose transaction would wait for another host.
    """
    assert tenancy.current() is None, "the payment provider is not called inside a scope"
    try:
        yield client()
    except stripe.StripeError as error:
        # Without the cause: it holds request and answer, and a traceback in the log would show both.
        raise ours(error) from None


def ours(error: stripe.StripeError) -> PaymentProviderError:
    """Our error for the library's; what isn't surely a refusal is unknown."""
    if isinstance(error, stripe.CardError):
        return of_the_card(error)
    if isinstance(error, stripe.IdempotencyError):  # the key was used with another body, and may have done its work
        return Unknown("idempotency_error")
    if isinstance(error, stripe.InvalidRequestError | stripe.AuthenticationError | stripe.PermissionError):
        return Refused(error.code or type(error).__name__, error.user_message or "")
    return Unknown(f"{type(error).__name__}:{error.http_status or 'no answer'}")


def of_the_card(error: stripe.CardError) -> PaymentProviderError:
    """The bank's no, with the charge that it was said to."""
    details = error.json_body.get("error", {}) if isinstance(error.json_body, dict) else {}
    charge_id = (details.get("payment_intent") or {}).get("id", "")
    code = details.get("decline_code") or error.code or "card_declined"
    if NEEDS_THE_PAYER in {code, error.code}:
        return NeedsAction(error.user_message or "", charge_id)
    return Declined(code, error.user_message or "", charge_id)
