"""The licences over time: charts of days and months, the hourly totals behind them, and how the forecast came about."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from msp_portal.lib.page import page
from msp_portal.lib.periods import last_day_of, written_month
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import month_name, number
from usage.bounds import FORECAST_HISTORY_DAYS, FORECAST_LEAST_DAYS
from usage.models import BillingMonth, LicenseTotal
from usage.queries.forecast import outlook_of
from usage.queries.history import Consumed, by_day, by_month, months_known, totals_of
from usage.queries.licences import licences_of
from usage.queries.marks import present_month
from usage.queries.months import MONTHS_SHOWN

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "slot": "slot",
    "consumed": ("consumed", "slot"),
    "devices": ("devices", "slot"),
    "marks": ("sum_of_marks", "slot"),
}


@provider_door("GET", permission=Permission.SEE_LICENSES)
def history(request: ProviderRequest) -> HttpResponse:
    months = _months(request)
    table = _table(request, months)
    month = _chosen(table, months)
    licences = licences_of(request.provider)
    shown = {
        "table": table,
        "page": table.page(totals_of(month)),
        "month": month,
        "licences": licences,
        "outlook": outlook_of(licences, months[0]),
        "history_days": FORECAST_HISTORY_DAYS,
        "least_days": FORECAST_LEAST_DAYS,
        "trail": [{"label": _("Usage"), "url": reverse("usage")}, {"label": _("Licence history")}],
        **_charts(month, months),
    }
    return page(request, "usage/history.html", shown, fragment="history-list")


@provider_csv(permission=Permission.SEE_LICENSES)
def history_csv(request: ProviderRequest) -> Listing:
    """The month's hourly totals, in the page's order."""
    months = _months(request)
    table = _table(request, months)
    month = _chosen(table, months)
    columns: dict[str, Callable[[LicenseTotal], object]] = {
        _("Hour (UTC)"): lambda row: row.slot,
        _("Counted at"): lambda row: row.counted_at,
        _("Filled later"): lambda row: row.is_filled_later,
        _("Consumed"): lambda row: row.consumed,
        _("Devices"): lambda row: row.devices,
        _("Organizations"): lambda row: row.organizations,
        _("Committed"): lambda row: row.committed,
        _("Sum of marks"): lambda row: row.sum_of_marks,
        _("Mark of the sum"): lambda row: row.mark_of_the_sum,
    }
    cells = list(columns.values())
    rows = table.filtered(totals_of(month))
    return Listing(f"licences-{written_month(month.month)}.csv", list(columns), rows, lambda row: [cell(row) for cell in cells])


def _months(request: ProviderRequest) -> list[BillingMonth]:
    """The months that can be shown, the present one first, which has no row before anything has happened in it."""
    known, present = months_known(request.provider, request.at), present_month(request.provider, request.at)
    return known if known and known[0] == present else [present, *known]


def _table(request: ProviderRequest, months: list[BillingMonth]) -> TableQuery:
    choices = {written_month(month.month): Choice(month_name(month.month), lambda rows: rows) for month in months}
    return TableQuery.from_request(request.GET, columns=COLUMNS, default="-slot", filters={"month": choices})


def _chosen(table: TableQuery, months: list[BillingMonth]) -> BillingMonth:
    return next((month for month in months if written_month(month.month) == table.chosen.get("month")), months[0])


def _charts(month: BillingMonth, months: list[BillingMonth]) -> dict[str, Any]:
    days, place = by_day(month), months.index(month)
    of_months = by_month([each for each in months[:MONTHS_SHOWN] if each.pk])
    here = reverse("licence-history")
    return {
        "days": [{"day": row.day, "value": row.highest, "note": row.committed} for row in days],
        "places": last_day_of(month.month).day - (days[0].day.day - 1 if days else 0),  # from the first that was counted
        "days_committed": _newest_commitment(days),
        "months": [
            {
                "month": row.day,
                "value": row.highest,
                "note": number(row.committed),
                "more_url": f"{here}?month={written_month(row.day)}",
                "is_current": row.day == months[0].month,
            }
            for row in of_months
        ],
        "months_committed": _newest_commitment(of_months),
        "later": months[place - 1] if place else None,
        "earlier": months[place + 1] if place + 1 < len(months) else None,
    }


def _newest_commitment(rows: list[Consumed]) -> int | None:
    return rows[-1].committed if rows else None
