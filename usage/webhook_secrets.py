"""The secrets that webhooks are signed with: made here, shown once, kept sealed under the setting `WEBHOOK_KEYS`."""

import secrets
from base64 import b64encode

from django.conf import settings

from msp_portal.lib import sealing
from usage.bounds import WEBHOOK_SECRET_BYTES


def new_secret() -> str:
    """`whsec_` and 32 random bytes in base64, as https://www.standardwebhooks.com has it."""
    return "whsec_" + b64encode(secrets.token_bytes(WEBHOOK_SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    return sealing.seal(secret, settings.WEBHOOK_KEYS)


def opened(sealed: str) -> str:
    """:raises SealLost: when no key opens it."""
    return sealing.opened(sealed, settings.WEBHOOK_KEYS)


def resealed(sealed: str) -> str:
    """The same secret, sealed with the newest key.

    :raises SealLost: when no key opens it.
    """
    return sealing.resealed(sealed, settings.WEBHOOK_KEYS)
