"""Why this number: one organization's mark of one month, from the instant it was reached back to who was present and what led there.

Who they are is for readers who may see users, and by whom they came for those who may see the activity, as in the ledger of the API.
"""

from datetime import date
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.doors import OrganizationRequest, organization_door
from accounts.listings import Listing, organization_csv
from accounts.roles import Permission
from msp_portal.lib.fold import Fold
from msp_portal.lib.page import page
from msp_portal.lib.periods import written_month
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import month_name
from usage.models import BillingMonth, SeatEvent, Seats
from usage.queries.ledger import in_words
from usage.queries.marks import present_month
from usage.queries.why import DEVICE, USER, Why, why
from usage.views.ledger import Columns, changed_columns, events_listing, named, trail_to

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
        "changes": in_words(reason.changes()).order_by("-pk")[:CHANGES_SHOWN],
        "number_of_changes": reason.changes().count(),
    }
    return page(request, "usage/why.html", shown, fragment="present-list")


@organization_csv(permission=Permission.SEE_USAGE)
def mark_csv(request: OrganizationRequest, month: date) -> Listing:
    """Those present, as the page's search and order have them."""
    table = _present_table(request)
    reason = _why(request, table, month, present_month(request.provider, request.at))
    rows = table.filtered(reason.present().annotate(folded=Fold("subject_name")))
    columns: Columns = {_("Present since"): lambda row: row.at}
    return _listing(request, reason, _("present"), rows, columns)


@organization_door("GET", permission=Permission.SEE_USAGE)
def changes(request: OrganizationRequest, month: date) -> HttpResponse:
    table, present = _changes_table(request), present_month(request.provider, request.at)
    reason = _why(request, table, month, present)
    shown = {**_shown(request, reason, table, present, "mark-changes"), "page": table.page(in_words(reason.changes()))}
    return page(request, "usage/why_changes.html", shown, fragment="changes-list")


@organization_csv(permission=Permission.SEE_USAGE)
def changes_csv(request: OrganizationRequest, month: date) -> Listing:
    """The changes that led to the mark, as the page's search and order have them."""
    table = _changes_table(request)
    reason = _why(request, table, month, present_month(request.provider, request.at))
    columns: Columns = {_("At"): lambda row: row.at, **changed_columns(), _("Mark"): lambda row: row == reason.reached}
    return _listing(request, reason, _("changes"), table.filtered(in_words(reason.changes())), columns)


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
    search = named if may_search else None
    return TableQuery.from_request(request.GET, columns=columns, default=default, filters={"of": COUNTED}, search=search)


def _shown(
    request: OrganizationRequest, reason: Why, table: TableQuery, present: BillingMonth, address: str = "mark"
) -> dict[str, Any]:
    place, client = request.administrator, request.organization
    return {
        "why": reason,
        "table": table,
        "unsearched": table.url(q=None),
        "organization": client,
        "zone": reason.calendar.time_zone,
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
    said, above = month_name(reason.calendar.month), trail_to(request)
    if address == "mark":
        return [*above, {"label": said}]
    url = reverse("mark", args=[request.organization.pk, reason.calendar.month])
    return [*above, {"label": said, "url": url}, {"label": _("Changes")}]


def _listing(request: OrganizationRequest, reason: Why, what: str, rows: QuerySet[SeatEvent], columns: Columns) -> Listing:
    return events_listing(request, f"{written_month(reason.calendar.month)} {reason.kind} {what}", rows, columns)
