"""What an invoice will say, worked out from marks and contract without touching the database (design: product, Money)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.allocation import spread
from msp_portal.lib.money import from_minor, rounded, to_minor


@dataclass(frozen=True)
class Mark:
    """An organization's high-water mark of one month. `organization_id` is None for what is nobody's in particular."""

    organization_id: str | None
    organization_name: str
    users: int


@dataclass(frozen=True)
class DraftLine:
    """One line: the mark, the parts of it inside and over the commitment, and what is charged for."""

    mark: Mark
    committed_part: int
    overage_part: int
    unit_price: Decimal
    amount: Decimal


def usage_lines(marks: Sequence[Mark], price: Decimal, currency: str) -> list[DraftLine]:
    """A month without a commitment: every mark at the package's price."""
    amounts = _priced([mark.users for mark in marks], price, currency)
    return [DraftLine(mark, 0, 0, price, amount) for mark, amount in zip(marks, amounts, strict=True)]


def commitment_lines(committed: int, marks: Sequence[Mark], price: Decimal, currency: str) -> list[DraftLine]:
    """The committed number, spread over the organizations in proportion to their `marks`."""
    parts = spread(committed, [mark.users for mark in marks])
    amounts = _priced(parts, price, currency)
    return [DraftLine(mark, part, 0, price, amount) for mark, part, amount in zip(marks, parts, amounts, strict=True)]


def overage_lines(committed: int, marks: Sequence[Mark], price: Decimal, currency: str) -> list[DraftLine]:
    """What the marks together are over the commitment, on the organizations whose part of it was too small; empty within it."""
    if sum(mark.users for mark in marks) <= committed:
        return []
    parts = spread(committed, [mark.users for mark in marks])
    over = [mark.users - part for mark, part in zip(marks, parts, strict=True)]
    amounts = _priced(over, price, currency)
    lines = [DraftLine(*line[:3], price, line[3]) for line in zip(marks, parts, over, amounts, strict=True)]
    return [line for line in lines if line.overage_part]


def _priced(quantities: Sequence[int], price: Decimal, currency: str) -> list[Decimal]:
    """An amount a quantity. The whole is rounded once and its minor units are spread, so the amounts add up to it."""
    if not quantities:
        return []
    whole = to_minor(rounded(sum(quantities) * price, currency), currency)
    return [from_minor(part, currency) for part in spread(whole, quantities)]
