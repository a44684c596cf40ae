"""Tokens at rest: what the payment provider calls a card or an account is kept encrypted, under keys that can be rotated.

The keys are the setting `TOKEN_KEYS`, the newest first; `manage.py rotate_token_keys` seals everything anew with it.
"""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class TokenLost(Exception):
    """A token was sealed with a key that is in no setting any more."""


def seal(token: str) -> str:
    """`token` encrypted with the newest key."""
    return _keys().encrypt(token.encode()).decode()


def opened(sealed: str) -> str:
    """The token again.

    :raises TokenLost: when no key opens it.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as fault:
        raise TokenLost from fault


def resealed(sealed: str) -> str:
    """The same token, encrypted with the newest key.

    :raises TokenLost: when no key opens it.
    """
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken as fault:
        raise TokenLost from fault


def digest(token: str) -> str:
    """What finds a token among the sealed ones: keyed by the oldest pepper, which stays, so a rotation of keys changes none; hexadecimal."""
    pepper = settings.KEY_PEPPERS[min(settings.KEY_PEPPERS)]
    return hmac.new(pepper, b"payment token\0" + token.encode(), hashlib.sha256).hexdigest()


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.TOKEN_KEYS])
