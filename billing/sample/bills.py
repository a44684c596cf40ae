"""Contracts, invoices and payments of the sample, issued month by month by the same actions as real ones; every status is met."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from accounts.models import Person, Provider
from billing.actions.contracts import add_contract, follow_contract
from billing.actions.invoices import (
    NothingToCharge,
    issue_credit_note,
    issue_monthly_invoice,
    issue_overage_invoice,
)
from billing.actions.payments import record_payment
from billing.models import BillingInformation, Contract, Invoice, Package, Payment
from billing.sample.calendar import midnight, month_back
from billing.sample.plans import NORTHWIND, PACKAGES, Msp, Terms
from msp_portal.lib.money import rounded
from msp_portal.lib.periods import last_day_of, months_later

VOIDED_MONTH = 8  # Northwind's: taken back by a credit note and issued anew
PART = 3  # of the newest invoice one third is paid


def make_packages() -> dict[str, Package]:
    """The vendor's price list, by code."""
    return {package.code: package for package in (Package.objects.create(**row) for row in PACKAGES)}


def make_contracts(msp: Msp, provider: Provider, package: Package, by: Person, at: datetime) -> list[Contract]:
    """Every version of the contract, and what the one in force says copied down."""
    BillingInformation.objects.create(provider=provider, **msp.billing)
    made = [_contract(msp, terms, provider, package, by, at) for terms in msp.terms]
    follow_contract(provider=provider, day=at.date())
    return made


def _contract(msp: Msp, terms: Terms, provider: Provider, package: Package, by: Person, at: datetime) -> Contract:
    begins = month_back(msp.time_zone, at, terms.begins)
    signed = midnight(begins, msp.time_zone) - timedelta(days=12) + timedelta(hours=10)
    return add_contract(
        provider=provider,
        number=msp.contract_number,
        package=package,
        kind=Contract.Kind.ANNUAL if terms.months else Contract.Kind.MONTHLY,
        committed=terms.committed,
        unit_price=terms.unit_price,
        overage_price=terms.overage_price,
        currency=msp.currency,
        valid_from=begins,
        ends_on=last_day_of(months_later(begins, terms.months - 1)) if terms.months else None,
        signed_on=signed.date(),
        by=by,
        at=signed,
    )


class Books:
    """One provider's invoices, from the first month to the present."""

    def __init__(self, msp: Msp, provider: Provider, contracts: list[Contract], random: Random, by: Person, at: datetime) -> None:
        self.msp, self.provider, self.contracts, self.random, self.by, self.at = msp, provider, contracts, random, by, at
        self.wrong: Invoice | None = None

    def keep(self, back: int) -> None:
        """Issue and pay what fell due in that month."""
        if back > self.msp.terms[0].begins:
            return
        issued = self._issued(back)
        if self._contract_of(back).committed is None:
            self._usage(back, issued)
        else:
            self._commitment(back, issued)

    def correct(self, back: int) -> None:
        """Some days later: take back what was wrong and issue it anew."""
        if self.wrong and self._is_wrong(back):
            self._pay(self._replace(self.wrong, back))

    def _is_wrong(self, back: int) -> bool:
        return self.msp is NORTHWIND and back == VOIDED_MONTH

    def _usage(self, back: int, issued: datetime) -> None:
        """On the 1st the month that ended."""
        invoice = self._issue(issue_monthly_invoice, back + 1, issued)
        if invoice and back > 0:
            self._pay(invoice)

    def _commitment(self, back: int, issued: datetime) -> None:
        """On the 1st the commitment in advance, and the overage of the month that ended."""
        invoice = self._issue(issue_monthly_invoice, back, issued)
        overage = self._issue(issue_overage_invoice, back + 1, issued)
        if invoice and self._is_wrong(back):
            self.wrong = invoice
        elif invoice and back > 0:
            self._pay(invoice)
        elif invoice and self.msp is NORTHWIND:
            self._pay_a_part(invoice)
        if overage and self._is_paid(back):
            self._pay(overage)

    def _is_paid(self, back: int) -> bool:
        """The newest overage is open yet, and Northwind forgot the one before it."""
        return back > 0 and not (self.msp is NORTHWIND and back == self.msp.terms[-1].begins)

    def _issue(self, action: Callable[..., Invoice], back: int, issued: datetime) -> Invoice | None:
        month = month_back(self.msp.time_zone, self.at, back)
        if back > self.msp.terms[0].begins:
            return None
        try:
            return action(contract=self._contract_of(back), month=month, by=self.by, at=issued)
        except NothingToCharge:
            return None

    def _replace(self, invoice: Invoice, back: int) -> Invoice:
        later = invoice.issued_at + timedelta(days=3)
        issue_credit_note(
            invoice=invoice, reason="Issued without the PO number; replaced by a new invoice.", by=self.by, at=later
        )
        again = later + timedelta(minutes=4)
        return issue_monthly_invoice(contract=self._contract_of(back), month=invoice.month, by=self.by, at=again, revision=2)

    def _pay(self, invoice: Invoice) -> None:
        paid = invoice.issued_at + timedelta(days=self.random.randint(6, 27), hours=self.random.randint(1, 8))
        self._record(invoice, invoice.total_amount, min(paid, self.at))

    def _pay_a_part(self, invoice: Invoice) -> None:
        self._record(
            invoice, rounded(invoice.total_amount / PART, invoice.currency), min(invoice.issued_at + timedelta(days=5), self.at)
        )

    def _record(self, invoice: Invoice, amount: object, at: datetime) -> None:
        reference = (
            f"SEPA-{self.random.getrandbits(32):08X}"
            if invoice.currency == "EUR"
            else f"WIRE-{self.random.randint(10**6, 10**7)}"
        )
        record_payment(invoice=invoice, kind=Payment.Kind.BANK_TRANSFER, amount=amount, reference=reference, by=self.by, at=at)  # type: ignore[arg-type]

    def _issued(self, back: int) -> datetime:
        """Early on the 1st."""
        first = midnight(month_back(self.msp.time_zone, self.at, back), self.msp.time_zone)
        return min(first + timedelta(minutes=20), self.at)

    def _contract_of(self, back: int) -> Contract:
        return next(
            contract
            for terms, contract in reversed(list(zip(self.msp.terms, self.contracts, strict=True)))
            if terms.begins >= back
        )
