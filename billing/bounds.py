"""Numbers that bound something, each written once."""

from datetime import timedelta
from typing import Final

PAYMENT_TERM: Final = timedelta(days=30)
"""From an invoice's date to its due date."""

MOST_RECIPIENTS: Final = 10
"""E-mail addresses that invoices are sent to."""
