"""A provider's hourly totals over time: what was consumed at most, day by day and month by month, against the commitment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from accounts.models import Provider
from usage.models import BillingMonth, LicenseTotal

AN_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Consumed:
    """The highest of the hourly totals of one day, or of one month (its first day), and the most that was committed then."""

    day: date
    highest: int
    committed: int | None


def months_known(provider: Provider, at: datetime) -> list[BillingMonth]:
    """The provider's months up to the present one, newest first."""
    return list(BillingMonth.objects.filter(provider_id=provider.pk, starts_at__lte=at).order_by("-month"))


def totals_of(month: BillingMonth) -> QuerySet[LicenseTotal]:
    """The hourly totals that were counted in the month."""
    return LicenseTotal.objects.filter(_counted_within(month.starts_at, month.ends_at), provider_id=month.provider_id)


def by_day(month: BillingMonth) -> list[Consumed]:
    """The month's days that have totals, in its zone; one statement."""
    totals = totals_of(month).annotate(day=TruncDate("counted_at", tzinfo=ZoneInfo(month.time_zone)))
    days = totals.values("day").annotate(highest=Max("consumed"), most_committed=Max("committed")).order_by("day")
    return [Consumed(*row) for row in days.values_list("day", "highest", "most_committed")]


def by_month(months: Sequence[BillingMonth]) -> list[Consumed]:
    """Those of the months that have totals, oldest first; one statement."""
    within = LicenseTotal.objects.filter(
        _counted_within(OuterRef("starts_at"), OuterRef("ends_at")), provider_id=OuterRef("provider_id")
    ).order_by()
    rows = BillingMonth.objects.filter(pk__in=[month.pk for month in months]).annotate(
        highest=_most(within, "consumed"), most_committed=_most(within, "committed")
    )
    found = rows.exclude(highest=None).order_by("month").values_list("month", "highest", "most_committed")
    return [Consumed(*row) for row in found]


def _counted_within(starts_at: Any, ends_at: Any) -> Q:
    """By the instant of the count; by the slot, too, which the index has and which is at most an hour before."""
    return Q(slot__gt=starts_at - AN_HOUR, slot__lt=ends_at, counted_at__gte=starts_at, counted_at__lt=ends_at)


def _most(rows: QuerySet[LicenseTotal], column: str) -> Subquery:
    return Subquery(rows.values("provider_id").annotate(most=Max(column)).values("most"))
