"""Money: the one place that knows a currency's minor unit and rounds to it."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

CURRENCIES: Final = ("USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "JPY", "KWD")
MINOR_DIGITS: Final = {"JPY": 0, "KWD": 3}  # ISO 4217; all others of ours have two
USUAL_MINOR_DIGITS: Final = 2


def minor_digits(currency: str) -> int:
    """How many digits the currency has after the point."""
    return MINOR_DIGITS.get(currency, USUAL_MINOR_DIGITS)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` in the currency's minor unit, half to even."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), rounding=ROUND_HALF_EVEN)


def priced(quantity: int, price: Decimal, currency: str) -> Decimal:
    """What so many cost at `price` each: rounded once, as a whole."""
    return rounded(quantity * price, currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """A rounded amount as a whole number of minor units: 12.50 USD is 1250."""
    return int(amount.scaleb(minor_digits(currency)))


def from_minor(units: int, currency: str) -> Decimal:
    """The amount of so many minor units: 1250 in USD is 12.50."""
    return Decimal(units).scaleb(-minor_digits(currency))


def digits_shown(amount: Decimal, currency: str) -> int:
    """Digits after the point that a reader needs: the minor unit's, or more where a price is finer than that."""
    exponent = amount.normalize().as_tuple().exponent
    return max(minor_digits(currency), -exponent if isinstance(exponent, int) else 0)


def trimmed(amount: Decimal, currency: str) -> Decimal:
    """`amount` with as many digits as a reader needs, for files: 37.500 USD is 37.50, 0.0125 USD stays."""
    return amount.quantize(Decimal(1).scaleb(-digits_shown(amount, currency)))


def plain(amount: Decimal, currency: str) -> str:
    """`trimmed` as text for machines: no grouping, a point, no exponent, such as "1234.50"."""
    return format(trimmed(amount, currency), "f")
