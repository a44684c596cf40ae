"""The Usage tab: licences on top, below one row an organization."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.models import Administrator
from accounts.roles import Permission, roles_with
from msp_portal.lib.page import page
from msp_portal.lib.tables import Choice, TableQuery
from usage.forms.many_caps import ManyCapsForm, listed_as_text
from usage.models import BillingMonth, CapChange, SeatRequest, Seats
from usage.models.seats import SeatsQuerySet
from usage.queries.beside_caps import beside_caps
from usage.queries.cap_changes import changes_in_words
from usage.queries.forecast import outlook_of
from usage.queries.licences import licences_of
from usage.queries.marks import present_month
from usage.queries.months import last_month
from usage.queries.rows import UsageRow

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "name": "folded_name",
    "last": ("last_high_water_mark", "folded_name"),
    "users": ("users", "folded_name"),
    "devices": ("devices", "folded_name"),
    "mark": ("high_water_mark", "folded_name"),
    "cap": ("user_cap", "folded_name"),
}
SUMMED: Final = ("users", "devices", "high_water_mark", "last_high_water_mark")
CAPS: Final[dict[str, Choice]] = {
    "reached": Choice(gettext_lazy("Limit reached"), SeatsQuerySet.limit_reached),
    "near": Choice(gettext_lazy("Near limit"), SeatsQuerySet.near_limit),
    "capped": Choice(gettext_lazy("Capped"), SeatsQuerySet.capped),
    "uncapped": Choice(gettext_lazy("No User Cap"), SeatsQuerySet.uncapped),
    "closed": Choice(gettext_lazy("Closed"), SeatsQuerySet.of_closed_organizations),
}


@provider_door("GET", permission=Permission.SEE_USAGE)
def usage(request: ProviderRequest) -> HttpResponse:
    table, month = table_of(request, request.GET), present_month(request.provider, request.at)
    rows, sums = table.page_and_sums(rows_of(request, table), UsageRow, SUMMED)
    shown = {"table": table, "page": rows, "sums": sums, "at": request.at, "month": month, "last_month": last_month(month.month)}
    shown |= {**_licences(request, month), **what_rows_offer(request, (row[0] for row in rows.rows))}
    if shown["edits_caps"]:
        shown |= {"caps_form": ManyCapsForm(initial={"operation": "set"}), "on_page": listed_as_text(row[0] for row in rows.rows)}
    return page(request, "usage/usage.html", shown, fragment="usage-list")


@provider_csv(permission=Permission.SEE_USAGE)
def usage_csv(request: ProviderRequest) -> Listing:
    """Exactly the rows that the page's search and filter match, in its order."""
    month, table = present_month(request.provider, request.at), table_of(request, request.GET)
    header = [
        _("Organization"),
        _("Organization ID"),
        _("External ID"),
        _("Month"),
        _("Time zone"),
        _("Last month's high-water mark"),
    ]
    header += [_("Users"), _("Devices"), _("Current high-water mark"), _("User cap"), _("Cap state"), _("As of")]
    rows = table.filtered(rows_of(request, table).select_related("organization"))
    cells = partial(_cells, [f"{month.month:%Y-%m}", month.time_zone], request.at)
    return Listing(f"usage-{month.month:%Y-%m}.csv", header, rows, cells)


def what_rows_offer(request: ProviderRequest, organizations: Iterable[str]) -> dict[str, Any]:
    """What the rows of `organizations` offer to this reader and show beside their caps, and which organizations wait for an answer."""
    place = request.administrator
    changes, requests = request.mine(CapChange.objects.all()), request.mine(SeatRequest.objects.all())
    beside = beside_caps(changes, requests, organizations, request.provider.time_zone)  # type: ignore[arg-type]  # that it stays
    return {
        "edits_caps": place.may(Permission.EDIT_CAPS),
        "sees_invoices": place.may(Permission.SEE_INVOICES),
        "sees_organizations": place.may(Permission.SEE_ORGANIZATIONS),
        "waiting": beside.waiting,
        "cap_changes": beside.follows,
    }


def follows(request: ProviderRequest, organizations: Iterable[str]) -> dict[str, str]:
    """What follows the present caps of some organizations, in words."""
    return changes_in_words(request.mine(CapChange.objects.all()), organizations, request.provider.time_zone)


def table_of(request: ProviderRequest, asked: QueryDict) -> TableQuery:
    """The list that `asked` says: its search, filter, order and page."""
    return TableQuery.from_request(
        asked,
        columns=COLUMNS,
        default="name",
        filters={"cap": CAPS},
        search=lambda rows, words: rows.matching(words, provider_id=request.administrator.provider_id),  # type: ignore[attr-defined]
    )


def rows_of(request: ProviderRequest, table: TableQuery) -> SeatsQuerySet:
    """The figures of the organizations that this administrator may reach; closed ones only when asked for."""
    rows: SeatsQuerySet = request.mine(Seats.objects.as_of(request.at))  # type: ignore[assignment]  # that it stays
    return rows if table.chosen.get("cap") == "closed" else rows.of_open_organizations()


def _licences(request: ProviderRequest, month: BillingMonth) -> dict[str, Any]:
    """The licences for who may see them; for others, who may."""
    if request.administrator.may(Permission.SEE_LICENSES):
        licences = licences_of(request.provider)
        late = licences is not None and licences.is_late(request.at)
        outlook = outlook_of(licences, month)
        return {"sees_licences": True, "licences": licences, "late": late, "outlook": outlook, "provider": request.provider}
    return {
        "sees_licences": False,
        "provider": request.provider,
        "can_help": Administrator.objects.filter(provider=request.provider)
        .of_the_msp()
        .active()
        .filter(role__in=roles_with(Permission.SEE_LICENSES))
        .by_name()[:3],
    }


def _cells(of_the_month: Sequence[str], at: datetime, row: Seats) -> Sequence[object]:
    return [
        *(row.name, row.pk, row.organization.external_id, *of_the_month, row.last_high_water_mark),  # type: ignore[attr-defined]
        *(row.users, row.devices, row.high_water_mark, row.user_cap, row.cap_state.label, at),  # type: ignore[attr-defined]
    ]
