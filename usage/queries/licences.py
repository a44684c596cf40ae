"""A provider's licences: what the contract says beside the hourly total. One statement."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import connection

from accounts.models import Provider
from usage.models import LicenseTotal
from usage.models.licensing import LicenseState, license_state

LICENCES: Final = """
    select l.package_name, l.includes, l.committed, l.contract_ends_on,
           l.unit_price, l.overage_price, l.currency, l.billed_from,
           t.slot, t.counted_at, t.consumed, t.sum_of_marks, t.mark_of_the_sum, t.mark_of_the_sum_at,
           t.rise_low, t.rise_middle, t.rise_high
    from usage_licensing l
    left join lateral (select * from usage_licensetotal t where t.provider_id = l.provider_id order by t.slot desc limit 1) t on true
    where l.provider_id = %s
"""
LATE_AFTER: Final = timedelta(hours=2)


@dataclass(frozen=True)
class Licences:
    """The package in force and, once the first hour was counted, the total of the newest slot. `committed` is None without a bulk purchase."""

    package_name: str
    includes: list[str]
    committed: int | None
    contract_ends_on: date | None
    unit_price: Decimal
    overage_price: Decimal
    currency: str
    billed_from: date | None
    slot: datetime | None
    counted_at: datetime | None
    consumed: int | None
    sum_of_marks: int | None
    mark_of_the_sum: int | None
    mark_of_the_sum_at: datetime | None
    rise_low: int | None
    rise_middle: int | None
    rise_high: int | None

    @property
    def are_committed(self) -> bool:
        return self.committed is not None

    @property
    def are_counted(self) -> bool:
        return self.counted_at is not None

    @property
    def available(self) -> int:
        """Committed less consumed, never below zero."""
        return max(0, (self.committed or 0) - (self.consumed or 0))

    @property
    def over_by(self) -> int:
        return max(0, (self.consumed or 0) - (self.committed or 0))

    @property
    def overage(self) -> int:
        """What the month so far would be billed for above the commitment: the sum of marks less the commitment."""
        return max(0, (self.sum_of_marks or 0) - (self.committed or 0))

    @property
    def percent(self) -> int:
        """Share of the commitment consumed, rounded down."""
        return (self.consumed or 0) * 100 // self.committed if self.committed else 0

    @property
    def state(self) -> LicenseState:
        return license_state(self.consumed or 0, self.committed or 0)

    @property
    def next_at(self) -> datetime | None:
        """When the next total is due."""
        return self.slot + timedelta(hours=1) if self.slot else None

    def is_late(self, at: datetime) -> bool:
        """Whether the hourly job has missed its time: the figures are older than they should be."""
        return self.slot is not None and at - self.slot > LATE_AFTER


def licences_of(provider: Provider) -> Licences | None:
    """The provider's licences, whatever the reader's limit to some organizations; None where no contract is known.

    Ask only for readers who may see them (`Permission.SEE_LICENSES`).
    """
    with connection.cursor() as cursor:
        cursor.execute(LICENCES, [provider.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    package_name, includes, *rest = row  # a raw cursor hands JSON over as text
    return Licences(package_name, json.loads(includes), *rest)


def licences_used(provider: Provider) -> int:
    """The newest hourly total of users, with a contract or without; 0 until the first hour was counted."""
    totals = LicenseTotal.objects.filter(provider=provider).order_by("-slot")
    return totals.values_list("consumed", flat=True).first() or 0
