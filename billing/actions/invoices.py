"""Issuing invoices and credit notes. An issued row is never changed (`billing/migrations/0002_frozen.sql`)."""

from dataclasses import asdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Actor
from accounts.models import Provider
from billing.bounds import PAYMENT_TERM
from billing.drafts import Draft, DraftLine, advance_draft, overage_draft, usage_draft
from billing.models import Contract, Invoice, InvoiceLine, InvoiceTax, Payment
from billing.queries import billed_to, marks_of, taxes_on, zone_of
from billing.tax import TaxLine
from msp_portal.lib.periods import months_later
from msp_portal.lib.rules import RuleBroken

NEXT_NUMBER = """
    insert into billing_invoiceseries (code, last_number) values (%s, 1)
    on conflict (code) do update set last_number = billing_invoiceseries.last_number + 1
    returning last_number
"""


KEPT_BY_A_CREDIT_NOTE = (
    "provider", "revision", "contract_number", "month", "marks_month", "time_zone", "currency", "billed_to",
)  # fmt: skip
KEPT_BY_A_REVERSED_LINE = (
    "provider_id", "organization_id", "place", "organization_name", "high_water_mark", "committed_part", "overage_part", "unit_price",
)  # fmt: skip
KEPT_BY_A_REVERSED_TAX = ("provider_id", "place", "name", "percent", "note")


class NothingToCharge(RuleBroken):
    """No mark in the month, or no overage."""

    message = _("There is nothing to charge for that month.")
    code = "nothing_to_charge"


class AlreadyCredited(RuleBroken):
    """An invoice is taken back once."""

    message = _("The invoice was already taken back by a credit note.")
    code = "already_credited"


class WrittenOff(RuleBroken):
    """What was given up would be credited twice."""

    message = _("A part of the invoice was written off, so it can't be taken back as a whole any more.")
    code = "written_off"


class NotCreditable(RuleBroken):
    """A credit note itself is not taken back: the invoice is issued anew."""

    message = _("A credit note can't be taken back. Issue the invoice anew instead.")
    code = "not_creditable"


@transaction.atomic
def issue_monthly_invoice(*, contract: Contract, month: date, by: Actor, at: datetime, revision: int = 1) -> Invoice:
    """Charge one month under `contract`: with a commitment the committed number in advance, spread by the marks of the month before;
    without, every mark of `month` itself.

    :raises NothingToCharge: if there is no commitment and nobody was there.
    """
    if contract.committed is None:
        draft = usage_draft(contract, month, marks_of(contract.provider_id, month))
    else:
        draft = advance_draft(contract, month, marks_of(contract.provider_id, months_later(month, -1)))
    return issue(draft, by=by, at=at, revision=revision)


@transaction.atomic
def issue_overage_invoice(*, contract: Contract, month: date, by: Actor, at: datetime) -> Invoice:
    """Charge what the marks of `month` together are over the commitment, at the overage rate.

    :raises NothingToCharge: if they are not, or there is no commitment.
    """
    return issue(overage_draft(contract, month, marks_of(contract.provider_id, month)), by=by, at=at)


@transaction.atomic
def issue(draft: Draft, *, by: Actor, at: datetime, revision: int = 1) -> Invoice:
    """Make `draft` an invoice of the day of `at`.

    :raises NothingToCharge: if it has no lines.
    """
    if not draft.lines:
        raise NothingToCharge
    contract = draft.contract
    # In a zone behind that of the month before, the new month may begin on the evening before its 1st.
    day = max(_day(at, zone_of(contract.provider, draft.due_for_issue_on)), draft.due_for_issue_on)
    customer = billed_to(contract.provider)
    taxes = taxes_on(draft.net_amount, customer, contract.currency, day)
    invoice = Invoice.objects.create(
        provider=contract.provider,
        number=_next_number("INV", day),
        kind=draft.kind,
        revision=revision,
        contract_number=contract.number,
        month=draft.month,
        marks_month=draft.marks_month,
        time_zone=zone_of(contract.provider, draft.month),
        issued_on=day,
        due_on=day + PAYMENT_TERM,
        currency=contract.currency,
        total_amount=draft.net_amount + sum(tax.amount for tax in taxes),
        billed_to=customer,
        issued_at=at,
    )
    InvoiceLine.objects.bulk_create(_written(line, invoice, place) for place, line in enumerate(draft.lines, start=1))
    InvoiceTax.objects.bulk_create(_taxed(tax, invoice, place) for place, tax in enumerate(taxes, start=1))
    audit.record(by, "billing.invoice.issued", invoice, at=at)
    return invoice


@transaction.atomic
def issue_credit_note(*, invoice: Invoice, reason: str, by: Actor, at: datetime) -> Invoice:
    """Take the whole of `invoice` back, line by line, with its taxes.

    :raises NotCreditable: if it is a credit note itself.
    :raises AlreadyCredited: if that was done before.
    :raises WrittenOff: if a part of it was given up.
    """
    if invoice.is_credit_note:
        raise NotCreditable
    Provider.objects.select_for_update(no_key=True).get(pk=invoice.provider_id)
    if invoice.credit_notes.exists():
        raise AlreadyCredited
    if invoice.payments.filter(kind=Payment.Kind.WRITE_OFF).exists():
        raise WrittenOff
    day = _day(at, invoice.time_zone)
    note = Invoice.objects.create(
        **{name: getattr(invoice, name) for name in KEPT_BY_A_CREDIT_NOTE},
        number=_next_number("CN", day),
        kind=Invoice.Kind.CREDIT_NOTE,
        corrects=invoice,
        total_amount=-invoice.total_amount,
        issued_on=day,
        due_on=day,
        reason=reason,
        issued_at=at,
    )
    InvoiceLine.objects.bulk_create(_reversed(line, note) for line in invoice.lines.order_by("place"))
    InvoiceTax.objects.bulk_create(_tax_reversed(tax, note) for tax in invoice.taxes.order_by("place"))
    audit.record(by, "billing.invoice.credited", note, at=at, invoice=invoice.number, reason=reason)
    return note


def _written(line: DraftLine, invoice: Invoice, place: int) -> InvoiceLine:
    return InvoiceLine(
        provider_id=invoice.provider_id,
        invoice=invoice,
        place=place,
        organization_id=line.mark.organization_id,
        organization_name=line.mark.organization_name,
        high_water_mark=line.mark.users,
        committed_part=line.committed_part,
        overage_part=line.overage_part,
        unit_price=line.unit_price,
        amount=line.amount,
    )


def _taxed(tax: TaxLine, invoice: Invoice, place: int) -> InvoiceTax:
    return InvoiceTax(provider_id=invoice.provider_id, invoice=invoice, place=place, **asdict(tax))


def _reversed(line: InvoiceLine, note: Invoice) -> InvoiceLine:
    """The same line on a credit note, with the amount the other way round."""
    same = {name: getattr(line, name) for name in KEPT_BY_A_REVERSED_LINE}
    return InvoiceLine(**same, invoice=note, amount=-line.amount)


def _tax_reversed(tax: InvoiceTax, note: Invoice) -> InvoiceTax:
    same = {name: getattr(tax, name) for name in KEPT_BY_A_REVERSED_TAX}
    return InvoiceTax(**same, invoice=note, base_amount=-tax.base_amount, amount=-tax.amount)


def _next_number(series: str, day: date) -> str:
    """The next number of the year's series, such as INV-2026-00042. Its row stays locked until this transaction ends."""
    code = f"{series}-{day.year}"
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [code])
        return f"{code}-{cursor.fetchone()[0]:05d}"


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
