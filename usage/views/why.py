"""Why this number: one organization's mark of one month, from the instant it was reached back to who was present and what led there.

Who they are is for readers who may see users, and by whom they came for those who may see the activity, as in the ledger of the API.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.doors import OrganizationRequest, organization_door
from accounts.listings import Listing, organization_csv
from accounts.roles import Permission
from msp_portal.lib.fold import Fold, contains_folded
from msp_portal.lib.page import page
from msp_portal.lib.periods import written_month
from msp_portal.lib.tables import Choice, TableQuery
from usage.models import BillingMonth, SeatEvent, Seats
from usage.queries.marks import present_month
from usage.queries.why import DEVICE, USER, Why, why

CHANGES_SHOWN: Final = 10  # beside those present; their own page has them all
COUNTED: Final[dict[str, Choice]] = {"devices": Choice(gettext_lazy("Devices"), QuerySet.all)}
PRESENT: Final[dict[str, str | tuple[str, ...]]] = {"name": "folded", "since": ("at",)}
CHANGES: Final[dict[str, str | tuple[str, ...]]] = {"at": ()}  # by their number


@organization_door("GET", permission=Permission.SEE_USAGE)
def mark(request: OrganizationRequest, month: date) -> HttpResponse:
    table, present = _present_table(request), present_month(request.provider, request.at)
    reason = _why(request, table, month, present)
    rows = table.page(reason.present().annotate(folded=Fold("subject_name")))
    shown = {
        **_shown(request, reason, table, present),
        "page": rows,
        "number_present": reason.present().count() if table.words else rows.total,
        "changes": reason.changes().order_by("-pk")[:CHANGES_SHOWN],
        "number_of_changes": reason.changes().count(),
    }
    return page(request, "usage/why.html", shown, fragment="present-list")


@organization_csv(permission=Permission.SEE_USAGE)
def mark_csv(request: OrganizationRequest, month: date) -> Listing:
    """Those present, as the page's search and order have them."""
    table = _present_table(request)
    reason = _why(request, table, month, present_month(request.provider, request.at))
    rows = table.filtered(reason.present().annotate(folded=Fold("subject_name")))
    columns: dict[Any, Callable[[SeatEvent], object]] = {_("Present since"): lambda row: row.at}
    return _listing(request, reason, _("present"), rows, columns)


@organization_door("GET", permission=Permission.SEE_USAGE)
def changes(request: OrganizationRequest, month: date) -> HttpResponse:
    table, present = _changes_table(request), present_month(request.provider, request.at)
    reason = _why(request, table, month, present)
    shown = {**_shown(request, reason, table, present, "mark-changes"), "page": table.page(reason.changes())}
    return page(request, "usage/why_changes.html", shown, fragment="changes-list")


@organization_csv(permission=Permission.SEE_USAGE)
def changes_csv(request: OrganizationRequest, month: date) -> Listing:
    """The changes that led to the mark, as the page's search and order have them."""
    table = _changes_table(request)
    reason = _why(request, table, month, present_month(request.provider, request.at))
    columns: dict[Any, Callable[[SeatEvent], object]] = {
        _("At"): lambda row: row.at,
        _("Difference"): lambda row: row.delta,
        _("Count"): lambda row: row.count_after,
        _("Mark"): lambda row: row == reason.reached,
    }
    return _listing(request, reason, _("changes"), table.filtered(reason.changes()), columns)


def _why(request: OrganizationRequest, table: TableQuery, month: date, present: BillingMonth) -> Why:
    """
    :raises Http404: for a month in which the organization was not there.
    """
    seats = Seats.objects.as_of(request.at).get(pk=request.organization.pk)
    found = why(seats, month, DEVICE if "of" in table.chosen else USER, present, request.at)
    if found is None:
        raise Http404
    return found


def _present_table(request: OrganizationRequest) -> TableQuery:
    sees_names = request.administrator.may(Permission.SEE_USERS)
    columns = PRESENT if sees_names else {"since": PRESENT["since"]}
    return _table(request, columns, "name" if sees_names else "since")


def _changes_table(request: OrganizationRequest) -> TableQuery:
    return _table(request, CHANGES, "-at")


def _table(request: OrganizationRequest, columns: dict[str, str | tuple[str, ...]], default: str) -> TableQuery:
    may_search = request.administrator.may(Permission.SEE_USERS)
    search = _named if may_search else None
    return TableQuery.from_request(request.GET, columns=columns, default=default, filters={"of": COUNTED}, search=search)


def _named(rows: QuerySet[SeatEvent], words: str) -> QuerySet[SeatEvent]:
    return rows.filter(contains_folded("subject_name", words))


def _shown(
    request: OrganizationRequest, reason: Why, table: TableQuery, present: BillingMonth, address: str = "mark"
) -> dict[str, Any]:
    place, client = request.administrator, request.organization
    return {
        "why": reason,
        "table": table,
        "unsearched": table.url(q=None),
        "organization": client,
        "next_reset": present,
        "sees_names": place.may(Permission.SEE_USERS),
        "sees_by": place.may(Permission.SEE_ACTIVITY),
        "tabs": _tabs(reverse(address, args=[client.pk, reason.calendar.month]), reason),
        "trail": _trail(request, reason, address),
    }


def _tabs(here: str, reason: Why) -> list[dict[str, Any]]:
    """The switch between users and devices."""
    return [
        {"label": _("Users"), "url": here, "current": reason.kind == USER},
        {"label": _("Devices"), "url": f"{here}?of=devices", "current": reason.kind == DEVICE},
    ]


def _trail(request: OrganizationRequest, reason: Why, address: str) -> list[dict[str, Any]]:
    client, said = request.organization, written_month(reason.calendar.month)
    if request.administrator.may(Permission.SEE_ORGANIZATIONS):
        above = [(_("Organizations"), reverse("organizations")), (client.name, client.get_absolute_url())]
    else:
        above = [(_("Usage"), reverse("usage")), (client.name, reverse("cap", args=[client.pk]))]
    if address == "mark":
        return [*({"label": label, "url": url} for label, url in above), {"label": said}]
    above.append((said, reverse("mark", args=[client.pk, reason.calendar.month])))
    return [*({"label": label, "url": url} for label, url in above), {"label": _("Changes")}]


def _listing(
    request: OrganizationRequest,
    reason: Why,
    what: str,
    rows: QuerySet[SeatEvent],
    columns: dict[Any, Callable[[SeatEvent], object]],
) -> Listing:
    if request.administrator.may(Permission.SEE_USERS):
        columns |= {_("Name"): lambda row: row.subject_name, _("ID"): lambda row: row.subject_id}
    if request.administrator.may(Permission.SEE_ACTIVITY):
        columns |= {_("By"): lambda row: row.by}
    name = f"{request.organization.name} {written_month(reason.calendar.month)} {reason.kind} {what}.csv"
    cells = partial(_cells, list(columns.values()))
    return Listing(name, list(columns), rows, cells)


def _cells(columns: Sequence[Callable[[SeatEvent], object]], row: SeatEvent) -> Sequence[object]:
    return [cell(row) for cell in columns]
