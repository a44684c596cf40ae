"""Which taxes an invoice carries, worked out from rates without touching the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing.countries import is_tax_number
from billing.models import TaxRate
from msp_portal.lib.money import rounded


@dataclass(frozen=True)
class TaxLine:
    """One tax on the net amount of an invoice; `note` says why none is charged. In English, as it is stored with the invoice."""

    name: str
    percent: Decimal
    base_amount: Decimal
    amount: Decimal
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f} %"


def tax_lines(
    customer: Mapping[str, Any], net: Decimal, *, currency: str, day: date, rates: Iterable[TaxRate], vendor_country: str
) -> list[TaxLine]:
    """The taxes on `net`, each rounded once, half to even: what customers in the place of `customer` (as billed: `country`, `region`,
    `tax_number`) are charged on `day`. None without a rate for it.
    """
    country = customer.get("country", "")
    is_abroad_with_number = country != vendor_country and is_tax_number(country, customer.get("tax_number", ""))
    lines = []
    for rate in _in_force(customer, day, rates):
        if rate.owed_by_customer and is_abroad_with_number:
            note = f"Reverse charge: {rate.name} is owed by the customer."
            lines.append(TaxLine(rate.name, Decimal(0), net, Decimal(0), note))
        elif rate.percent:
            lines.append(TaxLine(rate.name, rate.percent, net, rounded(net * rate.percent / 100, currency)))
    return lines


def _in_force(customer: Mapping[str, Any], day: date, rates: Iterable[TaxRate]) -> list[TaxRate]:
    """One rate a name, by name: the region's before the country's, the newest before older ones."""
    country, region = customer.get("country", ""), customer.get("region", "").strip().casefold()
    here = [rate for rate in rates if rate.country == country and rate.valid_from <= day and _covers(rate, region)]
    chosen = {rate.name: rate for rate in sorted(here, key=lambda rate: (bool(rate.region), rate.valid_from))}
    return [chosen[name] for name in sorted(chosen)]


def _covers(rate: TaxRate, region: str) -> bool:
    return rate.region.strip().casefold() in {"", region}
