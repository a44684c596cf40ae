"""What two clients of the sample asked their MSP for: one waits for an answer, the other was declined. No mail is written."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts import audit
from accounts.models import Administrator
from billing.sample.cast import AT_THE_CAP, NEAR_THE_CAP
from usage.models import SeatRequest


def make_seat_requests(administrators: Sequence[Administrator], at: datetime) -> None:
    """One each at the client at its cap and at the one near it, with their lines in the log."""
    places = {place.organization.name: place for place in administrators if place.organization}
    owner = next(one for one in administrators if one.provider_id == places[AT_THE_CAP].provider_id and one.organization is None)
    _ask(places[AT_THE_CAP], 4, "Our second practice opens: two dentists and two receptionists.", at - timedelta(hours=5))
    declined = _ask(places[NEAR_THE_CAP], 10, "Summer interns.", at - timedelta(days=12))
    answered_at, answer = at - timedelta(days=11), "Three seats are still free; ask again when they are taken."
    declined.decide(SeatRequest.State.DECLINED, answer=answer, by_name=owner.name, at=answered_at)
    audit.record(owner, "usage.seat_request.declined", declined.organization, at=answered_at, asked=10, answer=answer)


def _ask(by: Administrator, seats: int, reason: str, at: datetime) -> SeatRequest:
    assert by.organization is not None, "a client's own administrator asks"
    made = SeatRequest.objects.create(
        provider_id=by.provider_id,
        organization_id=by.organization_id,
        seats=seats,
        reason=reason,
        asked_at=at,
        asked_by=by,
        asked_by_name=by.name,
        asked_by_email=by.email,
    )
    audit.record(by, "usage.seat_request.asked", made.organization, at=at, seats=seats, reason=reason)
    return made
