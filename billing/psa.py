"""The PSA file: what each client used in a month and what it cost, for the tool in which an MSP bills its clients (docs/decisions/0025).

It holds the lines of the invoices that charge the month's marks, one an organization. For a month that is not billed yet they are those of the
next invoice so far, worked out by the same functions, and the file says that it is an estimate.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from accounts.listings import Listing
from accounts.models import Organization, Provider
from billing.drafts import Mark, terms_of
from billing.models import Contract, Invoice
from billing.next_invoice import Expected, expected_of, next_invoice
from billing.queries import marks_of, marks_so_far
from billing.turns import drafts_due, turns_to_bill, versions_of
from msp_portal.lib.money import trimmed
from msp_portal.lib.periods import months_later
from usage.queries.marks import present_month

HEADER: Final = (
    "organization",
    "external_id",
    "month",
    "product",
    "quantity",
    "committed_part",
    "overage_part",
    "unit_price",
    "amount",
    "currency",
    "overage_unit_price",
    "organization_id",
    "invoice",
    "status",
)
"""The same in every language: a PSA finds its columns by them."""
INVOICED: Final = "invoiced"
ESTIMATE: Final = "estimate"


@dataclass(frozen=True)
class PsaLine:
    """One organization's month: its mark, how the commitment divides it, and what is charged for it, net.

    Without an organization it is what is charged before anyone was there. A price is None where nothing is charged by it.
    """

    organization_id: str | None
    organization_name: str
    product: str
    currency: str
    quantity: int
    committed_part: int = 0
    overage_part: int = 0
    unit_price: Decimal | None = None
    overage_unit_price: Decimal | None = None
    amount: Decimal = Decimal(0)
    invoices: tuple[str, ...] = ()
    is_estimate: bool = False
    external_id: str = ""

    @property
    def status(self) -> str:
        return ESTIMATE if self.is_estimate else INVOICED


@dataclass(frozen=True)
class PsaTotal:
    """In one currency: what the lines add up to, the taxes on it, and so the total of the invoices."""

    currency: str
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True)
class PsaFile:
    """The file of one `month`, with the `invoices` whose lines it holds and what is `expected` to be issued yet."""

    month: date
    lines: Sequence[PsaLine]
    invoices: Sequence[Invoice] = ()
    expected: Sequence[Expected] = field(default_factory=list)

    @property
    def is_estimate(self) -> bool:
        return bool(self.expected)

    @property
    def totals(self) -> list[PsaTotal]:
        sums: dict[str, PsaTotal] = {}
        for currency, net, total in self._charged():
            before = sums.get(currency, PsaTotal(currency))
            sums[currency] = replace(before, net=before.net + net, tax=before.tax + total - net)
        return list(sums.values())

    @property
    def products(self) -> list[str]:
        return sorted({line.product for line in self.lines if line.product})

    @property
    def nameless(self) -> list[PsaLine]:
        """The lines of organizations that have no external id."""
        return [line for line in self.lines if line.organization_id and not line.external_id]

    @property
    def shared_ids(self) -> list[str]:
        """External ids that stand at more than one organization of the file."""
        pairs = {(line.organization_id, line.external_id) for line in self.lines if line.external_id}
        return sorted(external_id for external_id, times in Counter(pair[1] for pair in pairs).items() if times > 1)

    def _charged(self) -> Iterator[tuple[str, Decimal, Decimal]]:
        for invoice in self.invoices:
            yield invoice.currency, invoice.net_amount, invoice.total_amount
        for row in self.expected:
            yield row.currency, row.draft.net_amount, row.total_amount


def psa_months(provider: Provider, at: datetime) -> list[date]:
    """The months for which there is a file, the newest first: the running one, those that ended and are not billed yet, and all that were."""
    invoiced = provider.invoices.exclude(kind=Invoice.Kind.CREDIT_NOTE).values_list("marks_month", flat=True)
    ended = (months_later(turn, -1) for turn in turns_to_bill(provider, at))
    return sorted({present_month(provider, at).month, *invoiced, *ended}, reverse=True)


def psa_file(provider: Provider, month: date, at: datetime) -> PsaFile:
    """The file of `month` as of `at`. What was taken back by a credit note is not in it; what was issued instead is."""
    versions = versions_of(provider)
    if month == present_month(provider, at).month:
        expected, marks, invoices = next_invoice(provider, at).expected, marks_so_far(provider.pk, at), []
    else:
        turn = months_later(month, 1)
        drafts = drafts_due(provider, turn) if turn in turns_to_bill(provider, at) else []
        expected, marks, invoices = expected_of(provider, drafts, turn), marks_of(provider.pk, month), _invoices(provider, month)
    charged = [*_of_invoices(invoices, versions), *_of_drafts(expected)]
    return PsaFile(
        month, _named(provider, _one_each([*charged, *_uncharged(charged, marks, versions, month)])), invoices, expected
    )


def psa_listing(file: PsaFile) -> Listing:
    """The file as a CSV; its name says when it is an estimate."""
    name = f"psa-{file.month:%Y-%m}{'-estimate' if file.is_estimate else ''}.csv"
    return Listing(name, HEADER, [_cells(line, file.month) for line in file.lines])


def _cells(line: PsaLine, month: date) -> Sequence[object]:
    prices = [price if price is None else trimmed(price, line.currency) for price in (line.unit_price, line.overage_unit_price)]
    return [
        *(line.organization_name, line.external_id, f"{month:%Y-%m}", line.product, line.quantity),
        *(line.committed_part, line.overage_part, prices[0], trimmed(line.amount, line.currency), line.currency),
        *(prices[1], line.organization_id, " ".join(line.invoices), line.status),
    ]


def _invoices(provider: Provider, month: date) -> list[Invoice]:
    """Those by whose lines the marks of `month` are charged, and that stand."""
    charged = provider.invoices.exclude(kind=Invoice.Kind.CREDIT_NOTE).filter(marks_month=month, credit_notes=None)
    return list(charged.order_by("number").prefetch_related("taxes"))


def _of_invoices(invoices: Iterable[Invoice], versions: Sequence[Contract]) -> Iterator[PsaLine]:
    for invoice in invoices:
        product = _product(invoice, versions)
        for line in invoice.lines.order_by("place"):
            is_overage = invoice.kind == Invoice.Kind.OVERAGE
            yield PsaLine(
                *(line.organization_id, line.organization_name, product, invoice.currency, line.high_water_mark),
                *(line.committed_part, line.overage_part),
                unit_price=None if is_overage else line.unit_price,
                overage_unit_price=line.unit_price if is_overage else None,
                amount=line.amount,
                invoices=(invoice.number,),
            )


def _of_drafts(expected: Iterable[Expected]) -> Iterator[PsaLine]:
    for row in expected:
        draft = row.draft
        is_overage = draft.kind == Invoice.Kind.OVERAGE
        for line in draft.lines:
            yield PsaLine(
                *(line.mark.organization_id, line.mark.organization_name, draft.contract.package.name, row.currency),
                *(line.mark.users, line.committed_part, line.overage_part),
                unit_price=None if is_overage else line.unit_price,
                overage_unit_price=line.unit_price if is_overage else None,
                amount=line.amount,
                is_estimate=True,
            )


def _product(invoice: Invoice, versions: Sequence[Contract]) -> str:
    """The package that the invoice charges for: of the version that its month is billed by."""
    terms = terms_of(versions, invoice.month)
    return terms.contract.package.name if terms else ""


def _uncharged(charged: Sequence[PsaLine], marks: Iterable[Mark], versions: Sequence[Contract], month: date) -> Iterator[PsaLine]:
    """Who had users and is on no invoice, such as in a last month that was paid in advance."""
    terms = terms_of(versions, month)
    if terms is None:
        return
    there, contract = {line.organization_id for line in charged}, terms.contract
    is_estimate = any(line.is_estimate for line in charged)
    for mark in marks:
        if mark.organization_id not in there:
            yield PsaLine(
                *(mark.organization_id, mark.organization_name, contract.package.name, contract.currency, mark.users),
                is_estimate=is_estimate,
            )


def _one_each(lines: Iterable[PsaLine]) -> list[PsaLine]:
    """One line an organization (and product and currency, should they change between two months): a commitment in advance and its overage are
    two invoices. How the commitment divides the mark is read from the one that charges for it."""
    found: dict[tuple[str | None, str, str], PsaLine] = {}
    for line in lines:
        key = (line.organization_id, line.product, line.currency)
        found[key] = _together(found[key], line) if key in found else line
    return list(found.values())


def _together(one: PsaLine, other: PsaLine) -> PsaLine:
    return replace(
        one,
        committed_part=one.committed_part if one.unit_price is not None else other.committed_part,
        overage_part=max(one.overage_part, other.overage_part),
        unit_price=one.unit_price if one.unit_price is not None else other.unit_price,
        overage_unit_price=one.overage_unit_price if one.overage_unit_price is not None else other.overage_unit_price,
        amount=one.amount + other.amount,
        invoices=(*one.invoices, *other.invoices),
        is_estimate=one.is_estimate or other.is_estimate,
    )


def _named(provider: Provider, lines: Iterable[PsaLine]) -> list[PsaLine]:
    """The lines with the external ids as they are now."""
    ids = dict(Organization.objects.filter(provider_id=provider.pk).exclude(external_id="").values_list("pk", "external_id"))
    return [replace(line, external_id=ids.get(line.organization_id or "", "")) for line in lines]
