"""Loud readers of the environment: a missing or malformed setting stops the start and names itself."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str | None = None) -> str:
    """The variable's text; `NAME_FILE` may name a file that holds it (how orchestrators hand over secrets).

    :raises ImproperlyConfigured: when neither is set and there is no default.
    """
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE); .env.example describes it.")
    return value


def flag(name: str) -> bool:
    """True for `1`, False for `0`, empty or absent.

    :raises ImproperlyConfigured: for any other text, so that `FALSE` never means true.
    """
    value = os.environ.get(name, "0") or "0"
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value == "1"


def choice(name: str, allowed: set[str], default: str) -> str:
    """One of `allowed`.

    :raises ImproperlyConfigured: for anything else.
    """
    value = os.environ.get(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}.")
    return value


def database(name: str) -> dict[str, str]:
    """Django's NAME, USER, PASSWORD, HOST and PORT from a `postgresql://` address.

    :raises ImproperlyConfigured: when the address is absent or of another kind.
    """
    url = urlsplit(text(name))
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:port/database.")
    return {
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or 5432),
    }


def fernet_keys(name: str, *, required: bool) -> tuple[str, ...]:
    """Keys as `Fernet.generate_key()` makes them, with commas, the newest first; none where none is `required`.

    :raises ImproperlyConfigured: when one is malformed, or there is none although it is required.
    """
    keys = tuple(text(name, None if required else "").split(",")) if required or text(name, "") else ()
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be keys of 32 bytes in URL-safe base64, with commas, the newest first."
        ) from None
    return keys


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks as `10.1.0.0/16,fd00:1::/64`; none where it is empty or absent.

    :raises ImproperlyConfigured: when one is malformed, or has bits right of its mask.
    """
    try:
        return tuple(ip_network(part.strip()) for part in text(name, "").split(",") if part.strip())
    except ValueError as fault:
        raise ImproperlyConfigured(f"{name} must be networks like 10.1.0.0/16, with commas: {fault}.") from None


def peppers(name: str) -> dict[int, bytes]:
    """Numbered peppers from `1:hex,2:hex`; each at least 32 bytes.

    :raises ImproperlyConfigured: when one is short, not hexadecimal or unnumbered.
    """
    try:
        found = {int(number): bytes.fromhex(secret) for number, secret in (part.split(":") for part in text(name).split(","))}
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 1:<64 hex digits>,2:<64 hex digits>.") from None
    if any(len(pepper) < 32 for pepper in found.values()):
        raise ImproperlyConfigured(f"Each pepper in {name} must be at least 32 bytes (64 hex digits).")
    return found
