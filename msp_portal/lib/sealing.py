"""Secrets at rest, encrypted under keys that can be rotated: the newest first, as `env.fernet_keys` reads them. Which keys is the caller's affair."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealLost(Exception):
    """Something was sealed with a key that is in no setting any more."""


def seal(secret: str, keys: Sequence[str]) -> str:
    """`secret` encrypted with the newest key."""
    return _all(keys).encrypt(secret.encode()).decode()


def opened(sealed: str, keys: Sequence[str]) -> str:
    """The secret again.

    :raises SealLost: when no key opens it.
    """
    try:
        return _all(keys).decrypt(sealed.encode()).decode()
    except InvalidToken as fault:
        raise SealLost from fault


def resealed(sealed: str, keys: Sequence[str]) -> str:
    """The same secret, encrypted with the newest key.

    :raises SealLost: when no key opens it.
    """
    try:
        return _all(keys).rotate(sealed.encode()).decode()
    except InvalidToken as fault:
        raise SealLost from fault


def _all(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
