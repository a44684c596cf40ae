"""What alerts told: the log, one crossing with its mails, and sending it again."""

from functools import partial
from typing import Any, Final

from django import forms
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery
from msp_portal.lib.templatetags.portal import number
from usage.actions.telling_alerts import send_again
from usage.alert_words import meaning_of, told_by
from usage.models import AlertCrossing, AlertKind
from usage.models.alert import AlertCrossingQuerySet
from usage.views.alerts import deliveries_about, shared

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "at": "at",
    "organization": ("organization__folded_name", "at"),
    "count": ("count", "at"),
}
KINDS: Final = {kind.value: Choice(kind.label, partial(AlertCrossingQuerySet.of_kind, kind=kind)) for kind in AlertKind}


@provider_door("GET", permission=Permission.SEE_USAGE)
def log(request: ProviderRequest) -> HttpResponse:
    """`/account/usage/alerts/log/`"""
    table = _table(request)
    found = table.page(_crossings(request))
    rows = [(crossing, told_by(crossing)) for crossing in found.rows]
    shown = {"table": table, "page": found, "rows": rows, **shared(request, _("Log"))}
    return page(request, "alerts/log.html", shown, fragment="alert-log-list")


@provider_csv(permission=Permission.SEE_USAGE)
def log_csv(request: ProviderRequest) -> Listing:
    """Exactly the rows that the log's filter matches, in its order."""
    header = [_("When"), _("Alert"), _("Organization"), _("Organization ID"), _("Month"), _("Count"), _("Limit"), _("Threshold")]
    header += [_("Percent"), _("Mails"), _("Mails sent"), _("Mails failed"), _("Webhooks")]
    return Listing("alerts.csv", header, _table(request).filtered(_crossings(request)), _cells)


@provider_door("GET", permission=Permission.SEE_USAGE)
def crossing(request: ProviderRequest, crossing_id: str) -> HttpResponse:
    return _crossing(request, crossing_id)


@provider_door("POST", permission=Permission.EDIT_CAPS)
def replay(request: ProviderRequest, crossing_id: str) -> HttpResponse:
    found, form = _found(request, crossing_id), forms.Form(request.POST)
    if not carry_out(form, send_again, crossing=found, by=request.administrator, at=request.at):
        return _crossing(request, crossing_id, refused=form, status=422)
    words = ngettext("Sent again: %(sent)s message.", "Sent again: %(sent)s messages.", form.result)  # type: ignore[attr-defined]
    return redirect_to(request, reverse("alert-crossing", args=[found.pk]), words % {"sent": number(form.result)})  # type: ignore[attr-defined]


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(request.GET, columns=COLUMNS, default="-at", filters={"kind": KINDS})


def _crossings(request: ProviderRequest) -> AlertCrossingQuerySet:
    """Those that this administrator may see, each with how many mails were written, sent, and failed so far."""
    mine: AlertCrossingQuerySet = request.mine(AlertCrossing.objects.all())  # type: ignore[assignment]  # that it stays
    return (
        mine.visible(licenses=request.administrator.may(Permission.SEE_LICENSES))
        .select_related("organization")
        .annotate(
            written=Count("mails"),
            sent=Count("mails", filter=Q(mails__sent_at__isnull=False)),
            failed=Count("mails", filter=Q(mails__failed_at__isnull=False)),
        )
    )


def _found(request: ProviderRequest, crossing_id: str) -> AlertCrossing:
    mine = _crossings(request).select_related("organization", "rule", "rule__provider")
    return get_object_or_404(mine, pk=crossing_id)


def _crossing(request: ProviderRequest, crossing_id: str, refused: forms.Form | None = None, status: int = 200) -> HttpResponse:
    found = _found(request, crossing_id)
    label = str(AlertKind(found.kind).label)
    way = shared(request, label)
    way["trail"].insert(-1, {"label": _("Log"), "url": reverse("alert-log")})
    shown: dict[str, Any] = {
        **way,
        "crossing": found,
        "told": told_by(found),
        "meaning": meaning_of(found),
        "refused": refused,
        "mails": found.mails.order_by("made_at", "email"),
        "deliveries": deliveries_about(request, found.pk),
    }
    return page(request, "alerts/crossing.html", shown, fragment="alert-crossing", status=status)


def _cells(row: AlertCrossing) -> list[object]:
    return [
        *(row.at, AlertKind(row.kind).label, row.organization.name if row.organization else "", row.organization_id),
        *(f"{row.month:%Y-%m}", row.count, row.limit, row.threshold, row.percent),
        *(row.written, row.sent, row.failed, row.webhooks),  # type: ignore[attr-defined]
    ]
