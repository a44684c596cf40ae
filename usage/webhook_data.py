"""What the events of webhooks say: the `data` of each, in the words of the API."""

from typing import Any, Final

from accounts.audit import Actor
from accounts.emails import portal_url
from usage.models import AlertCrossing, AlertKind, AlertRule, SeatRequest
from usage.webhook_events import WebhookEvent

ALERTS: Final = {
    AlertKind.NEAR_LIMIT: WebhookEvent.NEAR_LIMIT,
    AlertKind.LIMIT_REACHED: WebhookEvent.LIMIT_REACHED,
    AlertKind.CAP_SHARE: WebhookEvent.THRESHOLD,
    AlertKind.LICENSES_NEAR: WebhookEvent.LICENSES_NEAR,
    AlertKind.LICENSES_OVER: WebhookEvent.LICENSES_OVER,
    AlertKind.LICENSES_SHARE: WebhookEvent.LICENSES_THRESHOLD,
}
"""The type of event that an alert of a kind is."""


def cap_changed(organization_id: str, name: str, *, before: int | None, after: int | None, by: Actor) -> dict[str, Any]:
    """The cap of an organization was `before` and is `after`; null is none. `by` is empty where the portal itself changed it, as planned."""
    return {"organization": _organization(organization_id, name), "before": before, "after": after, "by": str(by) if by else ""}


def seat_request(request: SeatRequest) -> dict[str, Any]:
    """The request as it stands, with what was decided once it is."""
    told = {
        "id": request.pk,
        "organization": _organization(request.organization_id, request.organization.name),
        "seats": request.seats,
        "reason": request.reason,
        "until": request.until,
        "askedBy": request.asked_by_name,
    }
    if not request.is_open:
        told["decidedBy"] = request.decided_by_name
    if request.state == SeatRequest.State.GRANTED:
        told["grantedSeats"] = request.granted_seats
    if request.state in {SeatRequest.State.GRANTED, SeatRequest.State.DECLINED}:
        told["answer"] = request.answer
    return told


def alert(crossing: AlertCrossing, rule: AlertRule, *, test: bool = False, replay: bool = False) -> dict[str, Any]:
    """What was crossed. `count`, `limit` and `threshold` are users, or licences where there is no organization; of a `test` the crossing is none."""
    organization = crossing.organization
    return {
        "test": test,
        "replay": replay,
        "alert": rule.pk,
        "crossing": None if test else crossing.pk,
        "kind": crossing.kind,
        "organization": _organization(organization.pk, organization.name) if organization else None,
        "count": crossing.count,
        "limit": crossing.limit,
        "threshold": crossing.threshold,
        "percent": crossing.percent,
        "month": f"{crossing.month:%Y-%m}",
        "crossedAt": crossing.at,
        "url": portal_url("cap", organization.pk) if organization else portal_url("usage"),
    }


def _organization(organization_id: str, name: str) -> dict[str, str]:
    return {"id": organization_id, "name": name}
