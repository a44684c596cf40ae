"""Contracts, invoices and payments of the sample, issued month by month by the same actions as real ones; every status is met."""

from datetime import datetime, timedelta
from random import Random

from accounts.models import Person, Provider
from billing.actions.contracts import add_contract, follow_contract
from billing.actions.invoices import issue_credit_note
from billing.actions.monthly_run import bill_month
from billing.actions.payments import record_payment
from billing.actions.replacement import issue_anew
from billing.models import BillingInformation, Contract, Invoice, Package, Payment, TaxRate
from billing.sample.calendar import midnight, month_back
from billing.sample.plans import NORTHWIND, PACKAGES, TAX_RATES, Msp, Terms
from msp_portal.lib.money import rounded
from msp_portal.lib.periods import last_day_of, months_later

VOIDED_MONTH = 8  # Northwind's: taken back by a credit note and issued anew
FORGOTTEN_MONTH = 3  # Northwind never paid the overage that fell due on its 1st
PART = 3  # of the newest invoice one third is paid


def make_packages() -> dict[str, Package]:
    """The vendor's price list, by code."""
    return {package.code: package for package in (Package.objects.create(**row) for row in PACKAGES)}


def make_tax_rates() -> None:
    """What the vendor charges customers of some countries; those abroad with a tax number owe it themselves."""
    TaxRate.objects.bulk_create(TaxRate(name="VAT", owed_by_customer=True, **row) for row in TAX_RATES)


def make_contracts(msp: Msp, provider: Provider, package: Package, by: Person, at: datetime) -> None:
    """Every version of the contract, and what the one in force says copied down."""
    BillingInformation.objects.create(provider=provider, **msp.billing)
    for terms in msp.terms:
        _contract(msp, terms, provider, package, by, at)
    follow_contract(provider=provider, day=at.date())


def _contract(msp: Msp, terms: Terms, provider: Provider, package: Package, by: Person, at: datetime) -> None:
    begins = month_back(msp.time_zone, at, terms.begins)
    signed = midnight(begins, msp.time_zone) - timedelta(days=12) + timedelta(hours=10)
    add_contract(
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

    def __init__(self, msp: Msp, provider: Provider, random: Random, by: Person, at: datetime) -> None:
        self.msp, self.provider, self.random, self.by, self.at = msp, provider, random, by, at
        self.wrong: Invoice | None = None

    def keep(self, back: int) -> None:
        """Bill and pay what fell due on the 1st of that month, as the monthly run does but without its mails."""
        month = month_back(self.msp.time_zone, self.at, back)
        for invoice in bill_month(provider=self.provider, month=month, at=self._issued(back), tells=False).invoices:
            self._settle(invoice, back)

    def correct(self, back: int) -> None:
        """Some days later: take back what was wrong and issue it anew."""
        if self.wrong and self._is_wrong(back):
            self._pay(self._replace(self.wrong))

    def _settle(self, invoice: Invoice, back: int) -> None:
        """All is paid but the newest, of which Northwind paid a part, what was wrong, and one overage that Northwind forgot."""
        if self._is_wrong(back) and invoice.is_in_advance:
            self.wrong = invoice
        elif back == 0 and self.msp is NORTHWIND and invoice.is_in_advance:
            self._pay_a_part(invoice)
        elif back > 0 and not self._is_forgotten(invoice, back):
            self._pay(invoice)

    def _is_wrong(self, back: int) -> bool:
        return self.msp is NORTHWIND and back == VOIDED_MONTH

    def _is_forgotten(self, invoice: Invoice, back: int) -> bool:
        return self.msp is NORTHWIND and back == FORGOTTEN_MONTH and invoice.kind == Invoice.Kind.OVERAGE

    def _replace(self, invoice: Invoice) -> Invoice:
        later = invoice.issued_at + timedelta(days=3)
        issue_credit_note(
            invoice=invoice, reason="The customer asked for a later date; replaced by a new invoice.", by=self.by, at=later
        )
        return issue_anew(invoice=invoice, by=self.by, at=later + timedelta(minutes=4))

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
