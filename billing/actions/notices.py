"""Mails about payments, to the recipients of the invoice."""

from datetime import datetime

from billing.models import Charge, Payment


def charge_settled(*, charge: Charge, at: datetime) -> None:
    """Say that it was paid, or why not and what comes next."""


def payment_taken_back(*, payment: Payment, at: datetime) -> None:
    """Say that money went back."""
