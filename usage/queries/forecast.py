"""The running month's bill so far and until its end, out of the newest hourly total alone: no statement more (docs/decisions/0026).

Let M be the sum of marks so far, C the present users, and F how far marks that began anew would rise above C until the month's end. An
organization's mark at the end is the higher one of its mark so far and of what is to come, so together they are no less than max(M, C + F)
and no more than M + F. What F may be is told by the past, in `usage.actions.rises`: a tenth of the windows rose by no more than the low one,
nine tenths by no more than the high one. So the range runs from max(M, C + low) to M + high.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msp_portal.lib.money import priced
from usage.models import BillingMonth
from usage.queries.licences import Licences


@dataclass(frozen=True)
class Forecast:
    """The sum of marks at the month's end, from `low` to `high`, and what would be billed for it, as `Outlook.amount`.

    At the pace of the middle window the commitment is passed on the day `passes_on`, or `not_before` that of the next month; both None without
    a commitment, past it, or without any pace.
    """

    low: int
    high: int
    low_amount: Decimal | None
    high_amount: Decimal | None
    passes_on: date | None
    not_before: date | None


@dataclass(frozen=True)
class Outlook:
    """The bill of the running month as of `at`: the sum of marks, what would be billed for it now, before tax (None where other terms bill the
    month), and the forecast (None with too little history)."""

    at: datetime
    month: BillingMonth
    marks: int
    committed: int | None
    amount: Decimal | None
    currency: str
    forecast: Forecast | None

    @property
    def over_by(self) -> int:
        """By how many the marks have passed the commitment."""
        return max(0, self.marks - self.committed) if self.committed is not None else 0


def outlook_of(licences: Licences | None, month: BillingMonth) -> Outlook | None:
    """The outlook in the provider's present `month`; None without a contract, or before its first hour was counted with its marks."""
    if licences is None or licences.sum_of_marks is None or licences.counted_at is None or licences.counted_at < month.starts_at:
        return None
    return Outlook(
        at=licences.counted_at,
        month=month,
        marks=licences.sum_of_marks,
        committed=licences.committed if bills(licences, month) else None,
        amount=bill_of(licences.sum_of_marks, licences, month),
        currency=licences.currency,
        forecast=_forecast(licences, month, licences.counted_at, licences.sum_of_marks),
    )


def bills(licences: Licences, month: BillingMonth) -> bool:
    """Whether `month` is billed by the terms in force: those that begin in its middle bill from the next."""
    return licences.billed_from is None or licences.billed_from <= month.month


def bill_of(marks: int, licences: Licences, month: BillingMonth) -> Decimal | None:
    """What is billed at the month's end for marks that add up to `marks`: the overage, or all without a commitment. As billing does it
    (`billing.drafts`), rounded once; before tax. None where other terms bill the month."""
    if not bills(licences, month):
        return None
    if licences.committed is None:
        return priced(marks, licences.unit_price, licences.currency)
    return priced(max(0, marks - licences.committed), licences.overage_price, licences.currency)


def _forecast(licences: Licences, month: BillingMonth, at: datetime, marks: int) -> Forecast | None:
    if licences.rise_low is None or licences.rise_middle is None or licences.rise_high is None:
        return None
    low, high = max(marks, (licences.consumed or 0) + licences.rise_low), marks + licences.rise_high
    passes_on = not_before = None
    if licences.committed is not None and marks <= licences.committed and licences.rise_middle and bills(licences, month):
        passes_on = _passes_on(licences.committed - marks, licences.rise_middle, at, month)
        not_before = month.ends_at.astimezone(ZoneInfo(month.time_zone)).date() if passes_on is None else None
    amounts = (bill_of(low, licences, month), bill_of(high, licences, month))
    return Forecast(low, high, *amounts, passes_on=passes_on, not_before=not_before)


def _passes_on(room: int, rise: int, at: datetime, month: BillingMonth) -> date | None:
    """The day on which a rise by `rise` until the month's end, as much each hour, fills `room`; None if it does not."""
    if rise <= room:
        return None
    return (at + (month.ends_at - at) * room / rise).astimezone(ZoneInfo(month.time_zone)).date()
