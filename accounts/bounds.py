"""Numbers that bound something, each written once."""

from datetime import timedelta
from typing import Final, NamedTuple

USER_CAP_MIN: Final = 1
USER_CAP_MAX: Final = 10_000
LONGEST_CONTACT_NAME: Final = 120
INVITATION_VALID_FOR: Final = timedelta(days=7)
KEY_OVERLAP_HOURS: Final = (1, 24, 72)
KEY_CLIENTS_REMEMBERED: Final = 50
KEYS_NAMED_MAX: Final = 50  # that work at a time, a provider
KEY_LIFE_DAYS: Final = (30, 90, 365)
KEY_LIFE_MAX: Final = timedelta(days=10 * 365)
KEY_NETWORKS_MAX: Final = 20
KEY_EXPIRY_NOTICE_DAYS: Final = (30, 7, 1)
KEY_ALERT_AT_MOST_EVERY: Final = timedelta(days=1)
KEY_REQUESTS_PER_MINUTE: Final = 300
IDEMPOTENT_ANSWERS_KEPT_FOR: Final = timedelta(days=1)
CASE_SUBJECT_LONGEST: Final = 120
CASE_TEXT_LONGEST: Final = 10_000
DIRECT_EXPORT_MAX: Final = 10_000
"""Rows of a listing that are sent at once. A longer file is made by the worker."""
EXPORT_ADDRESS_LONGEST: Final = 2_000
"""Characters of a listing's path with its query."""
EXPORTS_UNDER_WAY_MAX: Final = 3
"""Files that one administrator lets the worker make at a time."""
EXPORTS_KEPT_MAX: Final = 30
"""Files that are kept for one administrator."""
EXPORTS_KEPT_FOR: Final = timedelta(days=7)
EXPORT_LEASE: Final = timedelta(minutes=2)
"""How long a worker that makes a file may be silent. Then it is taken for dead."""
EXPORT_ATTEMPTS_MAX: Final = 3
EXPORT_TRIED_AGAIN_AFTER: Final = timedelta(minutes=1)


class Limit(NamedTuple):
    """So many tries within a window that begins with the first."""

    name: str
    tries: int
    window: timedelta


SIGN_INS_OF_EMAIL: Final = Limit("sign-in email", 5, timedelta(minutes=5))
SIGN_INS_OF_ADDRESS: Final = Limit("sign-in address", 60, timedelta(minutes=5))  # a whole office may share one
CODES_OF_PERSON: Final = Limit("second factor", 5, timedelta(minutes=5))
RESETS_OF_EMAIL: Final = Limit("reset email", 3, timedelta(hours=1))
RESETS_OF_ADDRESS: Final = Limit("reset address", 20, timedelta(hours=1))
CODE_USED_ONCE: Final = Limit("used code", 1, timedelta(minutes=3))  # longer than a code of an authenticator app is good for
