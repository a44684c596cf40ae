"""Tokens at rest: what the payment provider calls a card or an account is kept encrypted, under keys that can be rotated.

The keys are the setting `TOKEN_KEYS`, the newest first; `manage.py rotate_token_keys` seals everything anew with it.
"""

import hashlib
import hmac

from django.conf import settings

from msp_portal.lib import sealing

TokenLost = sealing.SealLost


def seal(token: str) -> str:
    """`token` encrypted with the newest key."""
    return sealing.seal(token, settings.TOKEN_KEYS)


def opened(sealed: str) -> str:
    """The token again.

    :raises TokenLost: when no key opens it.
    """
    return sealing.opened(sealed, settings.TOKEN_KEYS)


def resealed(sealed: str) -> str:
    """The same token, encrypted with the newest key.

    :raises TokenLost: when no key opens it.
    """
    return sealing.resealed(sealed, settings.TOKEN_KEYS)


def digest(token: str) -> str:
    """What finds a token among the sealed ones: keyed by the oldest pepper, which stays, so a rotation of keys changes none; hexadecimal."""
    pepper = settings.KEY_PEPPERS[min(settings.KEY_PEPPERS)]
    return hmac.new(pepper, b"payment token\0" + token.encode(), hashlib.sha256).hexdigest()
