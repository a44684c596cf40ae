"""Numbers that bound something, each written once. The bounds of a cap itself are in `accounts/bounds.py`."""

from decimal import Decimal
from typing import Final

NEAR_LIMIT_SEATS: Final = 10
"""An organization is near its cap while 1 to this many seats are left."""

NEAR_LICENSES_SHARE: Final = Decimal("0.90")
"""Licences are near their limit from this share of the commitment on, and over strictly above all of it."""

LONGEST_USER_NAME: Final = 100
LONGEST_PERSON_NAME: Final = 80
"""Of a first or last name."""
LONGEST_DEVICE_NAME: Final = 120
