"""What caps allow together, and what it would cost if they were all filled."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Greatest

from accounts.models import Provider
from msp_portal.lib.money import priced
from usage.models import Licensing, Seats
from usage.queries.cap_plans import CapRow


@dataclass(frozen=True)
class Filled:
    """The open organizations' caps added up (`seats`), and the sum of marks (`marks`) if each filled its cap this month: an organization without
    one counts with its mark so far, as nothing bounds it."""

    seats: int
    capped: int
    uncapped: int
    marks: int

    def after(self, rows: Iterable[CapRow]) -> "Filled":
        """The same once `rows` have their new caps."""
        changes = [(row.seats, row.user_cap) for row in rows]
        newly_capped = sum((cap is not None) - seats.has_cap for seats, cap in changes)
        return Filled(
            seats=self.seats + sum((cap or 0) - (seats.user_cap or 0) for seats, cap in changes),
            capped=self.capped + newly_capped,
            uncapped=self.uncapped - newly_capped,
            marks=self.marks + sum(_mark(seats, cap) - _mark(seats, seats.user_cap) for seats, cap in changes),
        )


@dataclass(frozen=True)
class WorstCase:
    """Caps now and after a change, beside what the contract in force says of them (None where the reader may not know, or there is none)."""

    now: Filled
    after: Filled
    licensing: Licensing | None

    @property
    def committed(self) -> int | None:
        return self.licensing.committed if self.licensing else None

    @property
    def is_over(self) -> bool:
        """Whether the caps afterwards allow more than was committed to."""
        return self.committed is not None and self.after.seats > self.committed

    @property
    def bill_now(self) -> Decimal | None:
        return _bill(self.now, self.licensing)

    @property
    def bill_after(self) -> Decimal | None:
        return _bill(self.after, self.licensing)


def filled(rows: QuerySet[Seats]) -> Filled:
    """Of `rows`, which come from `Seats.objects.as_of(at)`; one statement."""
    full = Case(When(user_cap=None, then=F("high_water_mark")), default=Greatest(F("user_cap"), F("high_water_mark")))
    found = rows.filter(closed_at=None).aggregate(
        seats=Sum("user_cap", default=0),
        capped=Count("user_cap"),
        uncapped=Count("pk", filter=Q(user_cap=None)),
        marks=Sum(full, default=0),
    )
    return Filled(**found)


def licensing_of(provider: Provider) -> Licensing | None:
    """What the contract in force says; None where none is known."""
    return Licensing.objects.filter(pk=provider.pk).first()


def _mark(seats: Seats, user_cap: int | None) -> int:
    mark: int = seats.high_water_mark  # type: ignore[attr-defined]  # of `as_of`
    return max(user_cap or 0, mark)


def _bill(caps: Filled, licensing: Licensing | None) -> Decimal | None:
    """A month's overage; without a commitment its whole bill, as every mark is billed then."""
    if licensing is None:
        return None
    over = max(0, caps.marks - (licensing.committed or 0))
    price = licensing.overage_price if licensing.is_committed else licensing.unit_price
    return priced(over, price, licensing.currency)
