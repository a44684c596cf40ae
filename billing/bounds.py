"""Numbers that bound something, each written once."""

from datetime import timedelta
from typing import Final

PAYMENT_TERM: Final = timedelta(days=30)
"""From an invoice's date to its due date."""

MOST_RECIPIENTS: Final = 10
"""E-mail addresses that invoices are sent to."""

PAPER_DRAWN_WITHIN: Final = timedelta(minutes=1)
"""After the commit: as often as the worker looks for papers that are missing."""

MOST_PAPERS_A_RUN: Final = 200
"""Papers that one run of a task draws; the next minute's run goes on."""
