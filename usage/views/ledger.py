"""The seat ledger of one organization: who came, who went, what the count was then. What led to a mark is part of it (`why.py`).

Who they are is for readers who may see users, and by whom they came for those who may see the activity, as in the ledger of the API.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.doors import OrganizationRequest, organization_door
from accounts.listings import Listing, organization_csv
from accounts.roles import Permission
from msp_portal.lib.fold import contains_folded
from msp_portal.lib.page import page
from msp_portal.lib.periods import written_month
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import month_name
from usage.models import BillingMonth, SeatEvent
from usage.queries.ledger import What, in_words

Columns = dict[Any, Callable[[SeatEvent], object]]
NAMES: Final = {What(value).value: label for value, label in What.choices}

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {"at": "at"}
KINDS: Final[dict[str, Choice]] = {
    "users": Choice(gettext_lazy("Users"), lambda rows: rows.filter(kind=SeatEvent.Kind.USER)),
    "devices": Choice(gettext_lazy("Devices"), lambda rows: rows.filter(kind=SeatEvent.Kind.DEVICE)),
}


@organization_door("GET", permission=Permission.SEE_USAGE)
def ledger(request: OrganizationRequest) -> HttpResponse:
    table, place = _table(request), request.administrator
    shown = {
        "table": table,
        "page": table.page(in_words(_rows(request))),
        "organization": request.organization,
        "zone": request.provider.time_zone,
        "sees_names": place.may(Permission.SEE_USERS),
        "sees_by": place.may(Permission.SEE_ACTIVITY),
        "trail": [*trail_to(request), {"label": _("Seat ledger")}],
    }
    return page(request, "usage/ledger.html", shown, fragment="ledger-list")


@organization_csv(permission=Permission.SEE_USAGE)
def ledger_csv(request: OrganizationRequest) -> Listing:
    """The events that the page's search and filters match, in its order."""
    kinds = {kind.value: str(kind.label) for kind in SeatEvent.Kind}
    columns: Columns = {_("At"): lambda row: row.at, _("Kind"): lambda row: kinds[row.kind], **changed_columns()}
    return events_listing(request, _("seat ledger"), _table(request).filtered(in_words(_rows(request))), columns)


def changed_columns() -> Columns:
    """What happened, of rows that `in_words` told; the words are translated once, not in each of a million rows."""
    words = {value: str(label) for value, label in NAMES.items()}
    return {
        _("What"): lambda row: words[row.what],
        _("Difference"): lambda row: row.delta,
        _("Count"): lambda row: row.count_after,
    }


def events_listing(request: OrganizationRequest, what: str, rows: QuerySet[SeatEvent], columns: Columns) -> Listing:
    """The events as a file named after the organization and `what`, with who and by whom where the reader may see it."""
    if request.administrator.may(Permission.SEE_USERS):
        columns |= {_("Name"): lambda row: row.subject_name, _("ID"): lambda row: row.subject_id}
    if request.administrator.may(Permission.SEE_ACTIVITY):
        columns |= {_("By"): lambda row: row.by}
    cells = partial(_cells, list(columns.values()))
    return Listing(f"{request.organization.name} {what}.csv", list(columns), rows, cells)


def named(rows: QuerySet[SeatEvent], words: str) -> QuerySet[SeatEvent]:
    """The events of those whose name contains `words`."""
    return rows.filter(contains_folded("subject_name", words))


def trail_to(request: OrganizationRequest) -> list[dict[str, Any]]:
    """The way to the organization, for a page below it: past its own page, or past its cap for who may not see that."""
    client = request.organization
    if request.administrator.may(Permission.SEE_ORGANIZATIONS):
        above = [(_("Organizations"), reverse("organizations")), (client.name, client.get_absolute_url())]
    else:
        above = [(_("Usage"), reverse("usage")), (client.name, reverse("cap", args=[client.pk]))]
    return [{"label": label, "url": url} for label, url in above]


def months_to_choose(months: QuerySet[BillingMonth], column: str) -> dict[str, Choice]:
    """A list's filter: one choice a month, the newest first, by the instants in `column`."""
    return {
        written_month(month.month): Choice(month_name(month.month), _within(month, column)) for month in months.order_by("-month")
    }


def _within(month: BillingMonth, column: str) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
    return lambda rows: rows.filter(**{f"{column}__gte": month.starts_at, f"{column}__lt": month.ends_at})


def _rows(request: OrganizationRequest) -> QuerySet[SeatEvent]:
    return SeatEvent.objects.filter(organization_id=request.organization.pk)


def _table(request: OrganizationRequest) -> TableQuery:
    months = BillingMonth.objects.filter(
        provider=request.provider, ends_at__gt=request.organization.created_at, starts_at__lte=request.at
    )
    return TableQuery.from_request(
        request.GET,
        columns=COLUMNS,
        default="-at",
        filters={"kind": KINDS, "month": months_to_choose(months, "at")},
        search=named if request.administrator.may(Permission.SEE_USERS) else None,
    )


def _cells(columns: Sequence[Callable[[SeatEvent], object]], row: SeatEvent) -> Sequence[object]:
    return [cell(row) for cell in columns]
