"""Amounts on the wire: whole minor units and a currency in lower case."""

from decimal import Decimal
from typing import Final

from billing.psp.errors import Refused
from msp_portal.lib import money

# The payment provider takes currencies of three digits in thousandths, and of these only multiples of ten.
THREE_DIGIT_STEP: Final = 10


def to_wire(amount: Decimal, currency: str) -> int:
    """The amount in minor units.

    :raises Refused: if it isn't positive, is finer than the currency, or can't be charged in it.
    """
    if currency not in money.CURRENCIES:
        raise Refused("currency", f"{currency} is not charged.")
    if not amount.is_finite() or amount <= 0 or amount != money.rounded(amount, currency):
        raise Refused("amount", f"{amount} is not an amount of {currency}.")
    units = money.to_minor(amount, currency)
    if money.minor_digits(currency) == 3 and units % THREE_DIGIT_STEP:
        raise Refused("amount_step", f"The last digit of an amount of {currency} must be 0 to be charged, as in 1.250.")
    return units


def from_wire(units: int, currency: str) -> Decimal:
    """The amount of so many minor units of a currency in either case."""
    return money.from_minor(units, currency.upper())
