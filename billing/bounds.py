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

MOST_METHODS: Final = 10
"""Cards and bank accounts that a provider has on file."""

MOST_SETUPS: Final = 20
"""Ways to the payment provider's page that a provider may have open."""

SETUP_LASTS: Final = timedelta(days=1)
"""How long the way to the payment provider's page and back may take; its page is open no longer either."""

SETUP_OPENS_WITHIN: Final = timedelta(minutes=5)
"""How long the payment provider is asked to open its page before the person is told that it doesn't answer."""

SENT_ON_WITHIN: Final = timedelta(seconds=30)
"""How long after the start the following page leads on by itself; later it is one that a person came back to."""

CARD_NOTICE: Final = timedelta(days=30)
"""How long before a card's last day its owner is told."""

RETRY_DAYS: Final = (3, 5, 7)
"""After the first failed attempt: when cards are tried again."""

BANK_WORKING_DAYS: Final = 5
"""What a bank takes to settle a debit, as a rule."""

AUTOPAY_FROM_HOUR: Final = 9
"""Of the provider's own day: nothing is charged, and nobody written to, in the middle of the night."""

CHARGE_TOLD_AHEAD: Final = timedelta(days=3)
"""Before the due date: when a coming charge is told of."""

MOST_PAID_AT_ONCE: Final = 50
"""Invoices of one order to pay."""
