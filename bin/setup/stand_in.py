"""The payment provider's stand-in, which the demo starts unless the environment has a key of the real one."""

import os
from pathlib import Path

from . import places
from .portal_environment import Environment, Secrets
from .portal_processes import Part
from .ports import LOOPBACK

NAME = "stand-in"
STATE = places.VAR / "stand-in.sqlite3"
BANK_DELAY = "20"
REAL = ("PSP_SECRET_KEY", "PSP_SECRET_KEY_FILE")


def is_wanted() -> bool:
    """Whether there is no real payment provider."""
    return not any(os.environ.get(name) for name in REAL)


def portal_settings(secrets: Secrets, port: int) -> Environment:
    """What the portal reads to speak to it."""
    url = f"http://{LOOPBACK}:{port}"
    return {
        "PSP_SECRET_KEY": secret_key(secrets),
        "PSP_WEBHOOK_SECRETS": webhook_secret(secrets),
        "PSP_API_BASE": url,
        "PSP_HOSTED_ORIGIN": url,
    }


def part(secrets: Secrets, port: int, portal_url: str, state: Path = STATE) -> Part:
    """Its process; webhooks go to the portal."""
    return Part(
        NAME,
        [str(places.PYTHON), "-m", "payment_stand_in"],
        {
            "STAND_IN_PORT": str(port),
            "STAND_IN_SECRET_KEY": secret_key(secrets),
            "STAND_IN_WEBHOOK_SECRET": webhook_secret(secrets),
            "STAND_IN_CONTROL_KEY": secrets.payment_control,
            "STAND_IN_WEBHOOK_URL": f"{portal_url}/webhooks/payments/",
            "STAND_IN_STATE": str(state),
            "STAND_IN_BANK_DELAY": os.environ.get("STAND_IN_BANK_DELAY", BANK_DELAY),
        },
    )


def secret_key(secrets: Secrets) -> str:
    """The key that the portal sends, in the form of a test key."""
    return f"sk_test_{secrets.payment_key}"


def webhook_secret(secrets: Secrets) -> str:
    """The secret that webhooks are signed with."""
    return f"whsec_{secrets.payment_webhook}"


def erase() -> None:
    """Remove all that it knows."""
    for file in STATE.parent.glob(f"{STATE.name}*"):
        file.unlink()
