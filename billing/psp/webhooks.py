"""Webhooks: who sent them and when. What they mean is for others to say."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

import stripe
from django.conf import settings

from billing.psp.errors import BadSignature, TooOld
from billing.psp.reading import instant
from billing.psp.results import Event

TOLERANCE: Final = timedelta(seconds=300)


def read_webhook(*, raw: bytes, signature: str, at: datetime) -> Event:
    """The event in the body as it came, byte for byte, if one of our secrets signed it; during a rotation there are two.

    :raises BadSignature: if none did, or what they signed is no event.
    :raises TooOld: if it was signed longer than `TOLERANCE` before or after `at`.
    """
    if not any(is_signed(raw, signature, secret) for secret in settings.PSP_WEBHOOK_SECRETS):
        raise BadSignature("bad_signature")
    if abs(at - signed_at(signature)) > TOLERANCE:
        raise TooOld("too_old")
    try:
        return event_of(json.loads(raw))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        raise BadSignature("no_event") from None


def is_signed(raw: bytes, signature: str, secret: str) -> bool:
    """Whether the secret signed the body. The library's own look at the clock stays off: time is an argument here."""
    try:
        return bool(stripe.WebhookSignature.verify_header(raw, signature, secret, tolerance=None))
    except (stripe.SignatureVerificationError, TypeError, ValueError):  # the last two: bytes or header that are no text
        return False


def signed_at(signature: str) -> datetime:
    """The time in the header, which is under the signature; as the library reads it, the first counts."""
    parts = (part.split("=") for part in signature.split(","))
    try:
        return instant(int(next(value for name, value, *_ in parts if name == "t")))
    except (ValueError, OverflowError, OSError, StopIteration):
        raise BadSignature("bad_signature") from None


def event_of(body: dict[str, Any]) -> Event:
    """The event in the body; raises what a missing or odd part raises."""
    event = Event(
        id=str(body["id"]), type=str(body["type"]), created=instant(body["created"]), object=dict(body["data"]["object"])
    )
    if body.get("object") != "event" or not event.id.startswith("evt_"):
        raise ValueError(event.type)
    return event
