"""The audit log as the account's administrators read it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.audit_words import KINDS, changes_of, sentence_of
from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.models import AuditEvent
from accounts.roles import Permission
from msp_portal.lib.page import page
from msp_portal.lib.tables import Choice, TableQuery

OUTCOMES: Final = {
    "done": Choice(gettext_lazy("Done"), lambda rows: rows.filter(outcome=AuditEvent.Outcome.DONE)),
    "refused": Choice(gettext_lazy("Refused"), lambda rows: rows.filter(outcome=AuditEvent.Outcome.REFUSED)),
}
PERIODS: Final = {
    "day": (gettext_lazy("24 hours"), timedelta(days=1)),
    "week": (gettext_lazy("7 days"), timedelta(days=7)),
    "month": (gettext_lazy("30 days"), timedelta(days=30)),
}


@provider_door("GET", permission=Permission.SEE_ACTIVITY)
def activity(request: ProviderRequest) -> HttpResponse:
    """`/activity/`: the newest first."""
    table = _table(request)
    shown = table.page(_readable(request))
    for event in shown.rows:
        event.sentence, event.changes = sentence_of(event), changes_of(event)  # type: ignore[attr-defined]
    context = {"table": table, "page": shown, "zone": request.provider.time_zone}
    return page(request, "accounts/activity.html", context, fragment="activity-list")


@provider_csv(permission=Permission.SEE_ACTIVITY)
def activity_csv(request: ProviderRequest) -> Listing:
    """`/activity/csv/`: exactly what the page's search and filters match."""
    header = [
        _("At"),
        _("Outcome"),
        _("Actor"),
        _("Kind of actor"),
        _("Act"),
        _("Code"),
        _("Changes"),
        _("Target"),
        _("Target ID"),
    ]
    header += [_("Organization ID"), _("Address")]
    return Listing("activity.csv", header, _table(request).filtered(_readable(request)), _cells)


def _readable(request: ProviderRequest) -> QuerySet[AuditEvent]:
    """What concerns the organizations this administrator reaches, and his own acts; of billing only who may see invoices."""
    me = request.administrator
    own = AuditEvent.objects.filter(provider_id=me.provider_id, actor_id=me.pk)
    events = request.mine(AuditEvent.objects.all()) | own
    return events if me.may(Permission.SEE_INVOICES) else events.exclude(action__startswith="billing.")


def _cells(event: AuditEvent) -> Sequence[object]:
    return [
        event.at,
        event.get_outcome_display(),
        event.actor_name,
        event.get_actor_kind_display(),
        sentence_of(event),
        event.action,
        "; ".join(changes_of(event)),
        event.target_name,
        event.target_id,
        event.organization_id,
        event.address,
    ]


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(
        request.GET,
        columns={"at": "at"},
        default="-at",
        search=_matching,
        filters={
            "outcome": OUTCOMES,
            "kind": {name: _of_kind(label, codes) for name, (label, codes) in KINDS.items()},
            "period": {name: _since(label, request.at - length) for name, (label, length) in PERIODS.items()},
        },
    )


def _of_kind(label: Any, codes: str) -> Choice:
    return Choice(label, lambda rows: rows.filter(action__regex=codes))


def _since(label: Any, start: datetime) -> Choice:
    return Choice(label, lambda rows: rows.filter(at__gte=start))


def _matching(rows: QuerySet[AuditEvent], words: str) -> QuerySet[AuditEvent]:
    """Every word in the actor's or the target's name."""
    for word in words.split():
        rows = rows.filter(Q(actor_name__icontains=word) | Q(target_name__icontains=word))
    return rows
