"""Numbers that bound something, each written once."""

from datetime import timedelta
from typing import Final

USER_CAP_MIN: Final = 1
USER_CAP_MAX: Final = 10_000
INVITATION_VALID_FOR: Final = timedelta(days=7)
KEY_OVERLAP_HOURS: Final = (1, 24, 72)
