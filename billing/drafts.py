"""What an invoice will say, worked out from marks and contract without touching the database (design: product, Money)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.allocation import spread
from billing.models import Contract, Invoice
from msp_portal.lib.money import from_minor, priced, to_minor
from msp_portal.lib.periods import month_of, months_later


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


@dataclass(frozen=True)
class Terms:
    """What a whole month is billed by: a version of the contract, and what of it is bought in bulk for that month (None: nothing)."""

    contract: Contract
    committed: int | None


@dataclass(frozen=True)
class Draft:
    """An invoice before it is issued."""

    kind: Invoice.Kind
    contract: Contract
    month: date
    marks_month: date
    lines: Sequence[DraftLine]

    @property
    def net_amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def is_in_advance(self) -> bool:
        """As `Invoice.is_in_advance`."""
        return self.marks_month != self.month

    @property
    def has_parts(self) -> bool:
        """Whether a commitment divides the marks: usage without one has no part within it or over it."""
        return self.is_in_advance or self.kind == Invoice.Kind.OVERAGE

    @property
    def due_for_issue_on(self) -> date:
        """The 1st on which the marks that it needs are known."""
        return months_later(self.marks_month, 1)


def terms_of(versions: Sequence[Contract], month: date) -> Terms | None:
    """What `month` is billed by (docs/decisions/0015): the version in force on its first day. Where there is none, one that begins later in the
    month, without its commitment, which begins with the next month. None if there is neither.
    """
    newest_first = sorted(versions, key=lambda version: -version.version)
    for version in newest_first:
        if version.is_in_force(month):
            return Terms(version, version.committed)
    begins_late = (version for version in newest_first if month_of(version.valid_from) == month)
    return next((Terms(version, None) for version in begins_late), None)


def first_month_of(contract: Contract) -> date:
    """The first month that is billed by all of the contract's terms: the first that begins while it is valid."""
    begins = month_of(contract.valid_from)
    return begins if begins == contract.valid_from else months_later(begins, 1)


def drafts_of_turn(versions: Sequence[Contract], month: date, marks: Sequence[Mark]) -> list[Draft]:
    """What is due on the 1st of `month`: its commitment in advance, and what the month before used, whose `marks` these are; without empty ones."""
    ended = months_later(month, -1)
    begun_terms, ended_terms = terms_of(versions, month), terms_of(versions, ended)
    drafts = []
    if begun_terms and begun_terms.committed is not None:
        drafts.append(advance_draft(begun_terms.contract, month, marks))
    if ended_terms and ended_terms.committed is not None:
        drafts.append(overage_draft(ended_terms.contract, ended, marks))
    elif ended_terms:
        drafts.append(usage_draft(ended_terms.contract, ended, marks))
    return [draft for draft in drafts if draft.lines]


def usage_draft(contract: Contract, month: date, marks: Sequence[Mark]) -> Draft:
    """Every mark of `month` at the contract's price."""
    return Draft(Invoice.Kind.MONTHLY, contract, month, month, usage_lines(marks, contract.unit_price, contract.currency))


def advance_draft(contract: Contract, month: date, marks: Sequence[Mark]) -> Draft:
    """The committed number for `month`, spread by the `marks` of the month before; on one line where nobody was there yet."""
    shared = marks or [Mark(None, _("Committed licences"), 0)]
    lines = commitment_lines(contract.committed or 0, shared, contract.unit_price, contract.currency)
    return Draft(Invoice.Kind.MONTHLY, contract, month, months_later(month, -1), lines)


def overage_draft(contract: Contract, month: date, marks: Sequence[Mark]) -> Draft:
    """What the marks of `month` together are over the commitment, at the overage rate; no lines within it."""
    lines = overage_lines(contract.committed, marks, contract.overage_price, contract.currency) if contract.committed else []
    return Draft(Invoice.Kind.OVERAGE, contract, month, month, lines)


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
    whole = to_minor(priced(sum(quantities), price, currency), currency)
    return [from_minor(part, currency) for part in spread(whole, quantities)]
