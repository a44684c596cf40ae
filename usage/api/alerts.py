"""`/api/v2/providers/{provider_id}/usage/alerts` and `…/alert-crossings`: what is watched, and what was crossed. They are set up in the browser."""

from datetime import datetime
from typing import Annotated, Final, Literal, NotRequired

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId
from usage.bounds import ALERT_PERCENT_MAX
from usage.models import AlertCrossing, AlertKind, AlertRule
from usage.models.alert import AlertCrossingQuerySet, AlertRuleQuerySet
from usage.wire_usage import PATH, TAG, HowMany, Month

router = Router(tags=[TAG])

KindWord = Literal["NEAR_LIMIT", "LIMIT_REACHED", "CAP_SHARE", "LICENSES_NEAR", "LICENSES_OVER", "LICENSES_SHARE"]
KINDS: Final[dict[str, KindWord]] = {
    AlertKind.NEAR_LIMIT: "NEAR_LIMIT",
    AlertKind.LIMIT_REACHED: "LIMIT_REACHED",
    AlertKind.CAP_SHARE: "CAP_SHARE",
    AlertKind.LICENSES_NEAR: "LICENSES_NEAR",
    AlertKind.LICENSES_OVER: "LICENSES_OVER",
    AlertKind.LICENSES_SHARE: "LICENSES_SHARE",
}
WORDS: Final[dict[str, str]] = {word: kind for kind, word in KINDS.items()}
Percent = Annotated[int, Field(ge=1, le=ALERT_PERCENT_MAX, examples=[80])]
Name = Annotated[str, Field(examples=["Harbor Foods"])]


class AboutBody(TypedDict):
    """What is watched. Without `organization` it is all organizations, or the licences; `percent` is there where a share is watched."""

    id: PublicId
    _id: PublicId
    kind: KindWord
    percent: NotRequired[Percent]
    organization: NotRequired[PublicId]
    organizationName: NotRequired[Name]


class AlertBody(AboutBody):
    """One alert."""

    byEmail: bool
    byWebhook: bool
    mutedAt: NotRequired[datetime]
    mutedUntil: NotRequired[datetime]
    lastFiredAt: NotRequired[datetime]


class AlertList(TypedDict):
    """A page of alerts and how many match."""

    results: list[AlertBody]
    totalCount: int


class CrossingBody(AboutBody):
    """One crossing. `count`, `limit` and `threshold` are users and the cap, or licences consumed and committed where there is no organization."""

    count: HowMany
    limit: HowMany
    threshold: HowMany
    month: Month
    crossedAt: datetime
    toldAt: NotRequired[datetime]


class CrossingList(TypedDict):
    """A page of crossings and how many match."""

    results: list[CrossingBody]
    totalCount: int


def alert_body(rule: AlertRule) -> AlertBody:
    """One alert on the wire; `rule` comes from `with_last_fired()`."""
    body: AlertBody = {**_about(rule), "byEmail": rule.by_email, "byWebhook": rule.by_webhook}  # type: ignore[typeddict-item]
    if rule.muted_at is not None:
        body["mutedAt"] = rule.muted_at
    if rule.muted_until is not None:
        body["mutedUntil"] = rule.muted_until
    if rule.last_fired_at is not None:  # type: ignore[attr-defined]  # of `with_last_fired`
        body["lastFiredAt"] = rule.last_fired_at  # type: ignore[attr-defined]
    return body


def crossing_body(crossing: AlertCrossing) -> CrossingBody:
    """One crossing on the wire."""
    body: CrossingBody = {
        **_about(crossing),  # type: ignore[typeddict-item]  # `toldAt` may come below
        "count": crossing.count,
        "limit": crossing.limit,
        "threshold": crossing.threshold,
        "month": f"{crossing.month:%Y-%m}",
        "crossedAt": crossing.at,
    }
    if crossing.told_at is not None:
        body["toldAt"] = crossing.told_at
    return body


def _about(row: AlertRule | AlertCrossing) -> AboutBody:
    body: AboutBody = {"id": row.pk, "_id": row.pk, "kind": KINDS[row.kind]}
    if row.percent is not None:
        body["percent"] = row.percent
    if row.organization is not None:
        body |= {"organization": row.organization.pk, "organizationName": row.organization.name}
    return body


OF_WHAT: Final = {
    "id": Column("pk"),
    "_id": Column("pk"),
    "kind": Column("kind", words=WORDS),
    "organization": Column("organization_id"),
    "organizationName": Column("organization__name"),
}
ALERTS: Final = Listing[AlertRule](columns=OF_WHAT, body=alert_body, order=("kind", "pk"))
CROSSINGS: Final = Listing[AlertCrossing](
    columns={**OF_WHAT, "count": Column("count", "whole number"), "crossedAt": Column("at", "time")},
    body=crossing_body,
    order=("-at", "-pk"),
)


@endpoint(
    router,
    "GET",
    PATH + "/alerts",
    scope=Permission.SEE_USAGE,
    name="usage_listAlerts",
    answer=AlertList,
    parameters=parameters.LIST,
)
def list_alerts(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """What is watched. Alerts of licences are for keys that may see licences."""
    mine: AlertRuleQuerySet = request.mine(AlertRule.objects.all())  # type: ignore[assignment]  # that it stays
    seen = mine.visible(licenses=request.key.may(Permission.SEE_LICENSES))
    return ALERTS.answer(request, seen.select_related("organization").with_last_fired())


@endpoint(
    router,
    "GET",
    PATH + "/alert-crossings",
    scope=Permission.SEE_USAGE,
    name="usage_listAlertCrossings",
    answer=CrossingList,
    parameters=parameters.LIST,
)
def list_crossings(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """What was crossed, the newest first: each threshold at most once a month. Licences are for keys that may see them."""
    mine: AlertCrossingQuerySet = request.mine(AlertCrossing.objects.all())  # type: ignore[assignment]  # that it stays
    seen = mine.visible(licenses=request.key.may(Permission.SEE_LICENSES))
    return CROSSINGS.answer(request, seen.select_related("organization"))
