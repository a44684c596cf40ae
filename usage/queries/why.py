"""Why a mark is what it is: the instant it was first reached and who was present then, from the seat ledger alone.

A mark that was reached within its month was reached by one event, the first whose count it is; who was present is told by the ledger up to
that event. A mark that is no higher than the count carried in was there at the month's first instant, and nobody had to come.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet, Sum

from usage.models import BillingMonth, SeatEvent, Seats
from usage.queries.marks import Marks, marks_of_month

USER, DEVICE = SeatEvent.Kind.USER, SeatEvent.Kind.DEVICE


@dataclass(frozen=True)
class Why:
    """One organization's mark of one month, of users or of devices. `reached` is the event that brought the count there; None if it was carried in."""

    organization_id: str
    kind: SeatEvent.Kind
    calendar: BillingMonth
    is_closed: bool
    mark: int
    at: datetime
    carried_in: int
    reached: SeatEvent | None

    def present(self) -> QuerySet[SeatEvent]:
        """Who was present when the mark was reached: of each the event by which it had come. As many as the mark says."""
        # Added up once and found by key. Asked of each event whether a later one undid it, Postgres may take the square of their number.
        of_each = self._events().filter(self._up_to_the_mark).values("subject_id").annotate(last=Max("pk"), held=Sum("delta"))
        return self._events().filter(pk__among=of_each.filter(held=1).values("last"))

    def changes(self) -> QuerySet[SeatEvent]:
        """What happened in the month up to the mark; nothing where it was carried in."""
        if self.reached is None:
            return self._events().none()
        return self._events().filter(self._up_to_the_mark, at__gte=self.calendar.starts_at)

    @property
    def _up_to_the_mark(self) -> Q:
        """By number, as several events may share the mark's instant; the instant beside it for the index."""
        if self.reached is None:
            return Q(at__lt=self.calendar.starts_at)
        return Q(pk__lte=self.reached.pk, at__lte=self.reached.at)

    def _events(self) -> QuerySet[SeatEvent]:
        return SeatEvent.objects.filter(organization_id=self.organization_id, kind=self.kind)


def why(seats: Seats, month: date, kind: SeatEvent.Kind, present: BillingMonth, at: datetime) -> Why | None:
    """The organization's mark of that month and what made it; three statements. None for a month in which it did not exist.

    `seats` comes from `Seats.objects.as_of(at)`; `present` is the provider's present month.
    """
    found = marks_of_month(seats, month, present, at)
    return _why(seats.pk, kind, found) if found else None


def _why(organization_id: str, kind: SeatEvent.Kind, marks: Marks) -> Why:
    figures = {
        USER: (marks.users_mark, marks.users_mark_at, marks.users_carried),
        DEVICE: (marks.devices_mark, marks.devices_mark_at, marks.devices_carried),
    }
    mark, at, carried_in = figures[kind]
    reached = None if mark == carried_in else _reached(organization_id, kind, mark, at)
    return Why(organization_id, kind, marks.calendar, marks.is_closed, mark, at, carried_in, reached)


def _reached(organization_id: str, kind: SeatEvent.Kind, mark: int, at: datetime) -> SeatEvent | None:
    events = SeatEvent.objects.filter(organization_id=organization_id, kind=kind, at=at, count_after=mark)
    return events.order_by("pk").first()
