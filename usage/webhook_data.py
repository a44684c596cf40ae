"""What the events of webhooks say: the `data` of each, in the words of the API."""

from typing import Any

from accounts.audit import Actor
from usage.models import SeatRequest


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


def _organization(organization_id: str, name: str) -> dict[str, str]:
    return {"id": organization_id, "name": name}
