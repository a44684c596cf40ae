"""`/api/v2/providers/{provider_id}/usage` and `…/usage/licence-totals`: the provider's sums, now and hour by hour."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, NotRequired

from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.money import plain
from msp_portal.lib.periods import written_month
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.filters import Column, value_of
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import Amount, Currency, PublicId
from usage.models import BillingMonth, LicenseTotal, Seats
from usage.models.licensing import LicenseState
from usage.queries.forecast import Outlook, outlook_of
from usage.queries.licences import Licences, licences_of
from usage.queries.marks import present_month
from usage.wire_usage import CLOSED, PATH, TAG, HowMany, Month, TimeZone, with_closed

router = Router(tags=[TAG])

MOST_TOTALS: Final = 1000
"""A month has at most 745 hours."""


class LicenceForecast(TypedDict):
    """The running month's bill so far, and what the past says of its end: the sum of marks from `low` to `high`, null with too little history.
    Amounts are before tax: the overage, or without a commitment the whole; null in a month that other terms bill than those in force."""

    amountSoFar: Amount | None
    low: HowMany | None
    high: HowMany | None
    lowAmount: Amount | None
    highAmount: Amount | None
    currency: Currency
    passesCommitmentOn: Annotated[
        date | None, Field(description="The day on which the present pace passes the commitment, if it does in this month.")
    ]


class LicenceFigures(TypedDict):
    """The contract in force beside the newest hourly total. What needs a commitment is null where none was bought."""

    package: Annotated[str, Field(examples=["Platform Plus"])]
    committed: HowMany | None
    consumed: HowMany | None
    available: HowMany | None
    overage: Annotated[
        HowMany | None, Field(description="What the month so far is above the commitment: the sum of marks less it.")
    ]
    state: Annotated[LicenseState | None, Field(description="near from 90 % of the commitment, over above all of it.")]
    asOf: datetime | None
    forecast: LicenceForecast | None


class UsageTotals(TypedDict):
    """Sums over the organizations as they are now. `highWaterMark` is the sum of their marks, which is billed; `highWaterMarkOfTheSum` the
    most users that there were at one instant of the month, as far as the hourly totals know it. `licences` is for keys that may see them."""

    organizations: HowMany
    users: HowMany
    devices: HowMany
    highWaterMark: HowMany
    highWaterMarkLastMonth: HowMany
    highWaterMarkOfTheSum: HowMany | None
    highWaterMarkOfTheSumAt: datetime | None
    month: Month
    timeZone: TimeZone
    monthStartsAt: datetime
    monthEndsAt: datetime
    asOf: datetime
    licences: NotRequired[LicenceFigures | None]


class HourlyTotal(TypedDict):
    """One UTC hour. The marks are of the month so far, null in hours that the job missed and filled later."""

    slot: datetime
    countedAt: datetime
    consumed: HowMany
    devices: HowMany
    organizations: HowMany
    committed: HowMany | None
    highWaterMark: Annotated[HowMany | None, Field(description="The sum of the organizations' marks.")]
    highWaterMarkOfTheSum: HowMany | None
    highWaterMarkOfTheSumAt: datetime | None


class HourlyTotalList(TypedDict):
    """A page of hours and how many match."""

    results: list[HourlyTotal]
    totalCount: int


COLUMNS: Final = {
    "slot": Column("slot", "time"),
    "countedAt": Column("counted_at", "time"),
    "consumed": Column("consumed", "whole number"),
    "devices": Column("devices", "whole number"),
    "organizations": Column("organizations", "whole number"),
    "committed": Column("committed", "whole number"),
    "highWaterMark": Column("sum_of_marks", "whole number"),
    "highWaterMarkOfTheSum": Column("mark_of_the_sum", "whole number"),
    "highWaterMarkOfTheSumAt": Column("mark_of_the_sum_at", "time"),
}
INSTANT: Final = {"type": "string", "format": "date-time"}
BETWEEN: Final = (
    parameters.query(
        "from", "The first hour wanted; a day stands for its first instant in UTC.", INSTANT, example="2026-03-01T00:00:00Z"
    ),
    parameters.query("to", "Where to end: this hour is not there any more.", INSTANT, example="2026-04-01T00:00:00Z"),
)
LIMIT: Final = parameters.query(
    "limit", "How many hours at most.", {"type": "integer", "minimum": 1, "maximum": MOST_TOTALS, "default": 10}
)


SUMS: Final = {
    "users": Sum("users", default=0),
    "devices": Sum("devices", default=0),
    "high_water_marks": Sum("high_water_mark", default=0),
    "last_high_water_marks": Sum("last_high_water_mark", default=0),
}


def hourly_total(total: LicenseTotal) -> HourlyTotal:
    """One hour on the wire."""
    return {
        "slot": total.slot,
        "countedAt": total.counted_at,
        "consumed": total.consumed,
        "devices": total.devices,
        "organizations": total.organizations,
        "committed": total.committed,
        "highWaterMark": total.sum_of_marks,
        "highWaterMarkOfTheSum": total.mark_of_the_sum,
        "highWaterMarkOfTheSumAt": total.mark_of_the_sum_at,
    }


HOURS: Final = Listing[LicenseTotal](columns=COLUMNS, body=hourly_total, order=("-slot",), most=MOST_TOTALS)


@endpoint(
    router,
    "GET",
    PATH,
    scope=Permission.SEE_USAGE,
    name="usage_getTotals",
    answer=UsageTotals,
    parameters=[CLOSED],
)
def get_totals(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """Users, devices and marks of all organizations together."""
    seats = Seats.objects.as_of(request.at)
    rows = request.mine(seats if with_closed(request.GET) else seats.of_open_organizations())
    sums = rows.aggregate(organizations=Count("pk"), **SUMS)
    month = present_month(request.provider, request.at)
    newest = _newest_total(request, month)
    shown: UsageTotals = {
        "organizations": sums["organizations"],
        "users": sums["users"],
        "devices": sums["devices"],
        "highWaterMark": sums["high_water_marks"],
        "highWaterMarkLastMonth": sums["last_high_water_marks"],
        "highWaterMarkOfTheSum": newest.mark_of_the_sum if newest else None,
        "highWaterMarkOfTheSumAt": newest.mark_of_the_sum_at if newest else None,
        "month": written_month(month.month),
        "timeZone": month.time_zone,
        "monthStartsAt": month.starts_at,
        "monthEndsAt": month.ends_at,
        "asOf": request.at,
    }
    if request.key.may(Permission.SEE_LICENSES):
        shown["licences"] = _figures(licences_of(request.provider), month)
    return JsonResponse(shown)


@endpoint(
    router,
    "GET",
    PATH + "/licence-totals",
    scope=Permission.SEE_LICENSES,
    name="usage_listLicenceTotals",
    answer=HourlyTotalList,
    parameters=[*BETWEEN, LIMIT, *(one for one in parameters.LIST if one is not parameters.LIMIT)],
)
def list_licence_totals(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The hourly totals, newest first."""
    return HOURS.answer(request, _between(request, request.mine(LicenseTotal.objects.all())))


def _newest_total(request: ApiRequest, month: BillingMonth) -> LicenseTotal | None:
    """The newest hourly total, if it was counted in the present month."""
    return request.mine(LicenseTotal.objects.filter(counted_at__gte=month.starts_at)).order_by("-slot").first()


def _figures(licences: Licences | None, month: BillingMonth) -> LicenceFigures | None:
    if licences is None:
        return None
    known = licences.are_committed and licences.are_counted
    return {
        "package": licences.package_name,
        "committed": licences.committed,
        "consumed": licences.consumed,
        "available": licences.available if known else None,
        "overage": licences.overage if known else None,
        "state": licences.state if known else None,
        "asOf": licences.counted_at,
        "forecast": _outlook(outlook_of(licences, month)),
    }


def _outlook(outlook: Outlook | None) -> LicenceForecast | None:
    if outlook is None:
        return None
    forecast, currency = outlook.forecast, outlook.currency
    return {
        "amountSoFar": _money(outlook.amount, currency),
        "low": forecast.low if forecast else None,
        "high": forecast.high if forecast else None,
        "lowAmount": _money(forecast.low_amount, currency) if forecast else None,
        "highAmount": _money(forecast.high_amount, currency) if forecast else None,
        "currency": currency,
        "passesCommitmentOn": forecast.passes_on if forecast else None,
    }


def _money(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else plain(amount, currency)


def _between(request: ApiRequest, totals: QuerySet[LicenseTotal]) -> QuerySet[LicenseTotal]:
    conditions: dict[str, Any] = {}
    for name, lookup in (("from", "slot__gte"), ("to", "slot__lt")):
        if written := request.GET.get(name, ""):
            conditions[lookup] = value_of(COLUMNS["slot"], name, written)
    return totals.filter(**conditions)
