"""The text of an API key, and whether one that was presented is good (docs/architecture.md, Keys).

    mspk_<12 characters that find the row>_<43 characters of secret><6 check digits>

The check digits refuse junk before any query. Only the MAC under a numbered pepper is kept. A pepper is no password hash: a key has 256 random
bits, so there is nothing to guess, and a slow hash would be a way to keep the server busy.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final
from zlib import crc32

from django.conf import settings
from django.db import connection

from accounts.models import ApiKey

BASE62: Final = digits + ascii_uppercase + ascii_lowercase
LOOKUP_LENGTH, SECRET_LENGTH, CHECK_LENGTH = 12, 43, 6
SECRET_BITS: Final = 256
FORM: Final = re.compile(rf"mspk_([0-9A-Za-z]{{{LOOKUP_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH + CHECK_LENGTH}}}")
COLUMNS: Final = [field.attname for field in ApiKey._meta.concrete_fields]
BY_LOOKUP: Final = f"select {', '.join(COLUMNS)} from accounts_key_by_lookup(%s)"  # noqa: S608 - our own columns
NOBODYS_MAC: Final = bytes(32)


@dataclass(frozen=True)
class Checked:
    """What came of a presented key. `key` is the row its id named, whether or not it is good; `refusal` is empty when it is."""

    key: ApiKey | None
    refusal: str = ""

    @property
    def is_good(self) -> bool:
        return self.key is not None and not self.refusal


def new_key() -> str:
    """A key that nobody has. It is to be shown once and kept nowhere."""
    lookup = "".join(secrets.choice(BASE62) for _ in range(LOOKUP_LENGTH))
    start = f"mspk_{lookup}_{_base62(secrets.randbits(SECRET_BITS), SECRET_LENGTH)}"
    return start + _check_digits(start)


def lookup_of(key: str) -> str | None:
    """The part that finds the row; None when `key` is no key of ours (wrong form or check digits). Runs no query."""
    form = FORM.fullmatch(key)
    if form is None or key[-CHECK_LENGTH:] != _check_digits(key[:-CHECK_LENGTH]):
        return None
    return form[1]


def mac_of(key: str, pepper: int) -> bytes:
    """HMAC-SHA256 of the whole key under the pepper of that number; 32 bytes.

    :raises KeyError: when the environment no longer has that pepper.
    """
    return hmac.digest(settings.KEY_PEPPERS[pepper], key.encode(), "sha256")


def newest_pepper() -> int:
    """The number of the pepper that new keys get, and old ones at their next use."""
    return max(settings.KEY_PEPPERS)


def check(presented: str, *, at: datetime, address: str | None = None) -> Checked:
    """Whose key `presented` is and whether it is good at `at` for a client at `address`; one statement, none for junk.

    The MAC is always computed and compared in constant time, for an unknown id against one that nothing matches, so the answer's time tells nothing.
    """
    lookup = lookup_of(presented)
    if lookup is None:
        return Checked(None, "malformed")
    key = _key_with(lookup)
    matches = _matches(presented, key)
    if key is None:
        return Checked(None, "unknown")
    return Checked(key, _refusal(key, matches, at, address))


def _key_with(lookup: str) -> ApiKey | None:
    """Read by hand: every request of every script comes through here, and `raw()` takes three times as long as the statement."""
    with connection.cursor() as cursor:
        cursor.execute(BY_LOOKUP, [lookup])
        row = cursor.fetchone()
    return ApiKey.from_db(connection.alias, COLUMNS, row) if row else None


def _matches(presented: str, key: ApiKey | None) -> bool:
    known = key is not None and key.pepper in settings.KEY_PEPPERS
    stored = bytes(key.mac) if key is not None and known else NOBODYS_MAC
    pepper = key.pepper if key is not None and known else newest_pepper()
    return hmac.compare_digest(stored, mac_of(presented, pepper)) and known


def _refusal(key: ApiKey, matches: bool, at: datetime, address: str | None) -> str:
    """Why `key` is not good, in a word (accounts/key_words.py); empty when it is."""
    if not matches:
        return "wrong"
    if not key.is_live(at):
        return key.ending
    return "" if key.allows(address) else "address"


def _check_digits(start: str) -> str:
    return _base62(crc32(start.encode()), CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    """`number` with leading zeros; 43 digits hold 256 bits, 6 hold 32."""
    written = []
    for _ in range(length):
        number, digit = divmod(number, len(BASE62))
        written.append(BASE62[digit])
    return "".join(reversed(written))
