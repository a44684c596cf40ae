"""What a request for seats means to the MSP: for the cap, for the commitment and in money, should every seat be taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from accounts.bounds import USER_CAP_MAX
from accounts.models import Organization, Provider
from msp_portal.lib.money import priced
from usage.models import Licensing, SeatRequest, Seats
from usage.models.seat_request import SeatRequestQuerySet


@dataclass(frozen=True)
class Account:
    """The provider's users and marks of the month, live over all its organizations, and what its contract says (None where none is known)."""

    users: int
    marks: int
    licensing: Licensing | None


@dataclass(frozen=True)
class Effect:
    """What granting `seats` would do. `available_after`, `overage_after` and `cost` are for the case that every seat of the new cap is taken."""

    seats: int
    users: int
    cap: int
    cap_after: int
    committed: int | None = None
    available: int | None = None
    available_after: int | None = None
    overage: int | None = None
    overage_after: int | None = None
    cost: Decimal | None = None
    currency: str = ""

    @property
    def is_possible(self) -> bool:
        return self.cap_after <= USER_CAP_MAX

    @property
    def left_after(self) -> int:
        return max(0, self.cap_after - self.users)


def account_of(provider: Provider, at: datetime) -> Account:
    """Two statements. Ask only for readers who may see licences (`Permission.SEE_LICENSES`) and all organizations."""
    sums = Seats.objects.as_of(at).filter(provider=provider).aggregate(all_users=Sum("users"), marks=Sum("high_water_mark"))
    licensing = Licensing.objects.filter(provider=provider).first()
    return Account(sums["all_users"] or 0, sums["marks"] or 0, licensing)


def effect_of(seats: int, counters: Seats, account: Account | None) -> Effect | None:
    """`counters` comes from `Seats.objects.as_of`. None where there is no cap to raise.

    Each user above the organization's mark of the month is billed: at the overage price beyond the commitment, without one at the unit price.
    """
    if counters.user_cap is None:
        return None
    after = counters.user_cap + seats
    licensing = account.licensing if account else None
    if account is None or licensing is None:
        return Effect(seats, counters.users, counters.user_cap, after)
    committed = licensing.committed
    users_after = account.users + max(0, after - counters.users)
    marks_after = account.marks + max(0, after - counters.high_water_mark)  # type: ignore[attr-defined]  # of `as_of`
    overage, overage_after = (max(0, marks - (committed or 0)) for marks in (account.marks, marks_after))
    price = licensing.unit_price if committed is None else licensing.overage_price
    return Effect(
        seats,
        counters.users,
        counters.user_cap,
        after,
        committed=committed,
        available=None if committed is None else max(0, committed - account.users),
        available_after=None if committed is None else max(0, committed - users_after),
        overage=None if committed is None else overage,
        overage_after=None if committed is None else overage_after,
        cost=priced(overage_after - overage, price, licensing.currency),
        currency=licensing.currency,
    )


def seats_as_of(organizations: Iterable[str], at: datetime) -> dict[str, Seats]:
    """The figures of each of the organizations, by its id; one statement."""
    return Seats.objects.as_of(at).in_bulk(list(organizations))


def waiting_by_organization(requests: SeatRequestQuerySet) -> dict[str, tuple[str, int]]:
    """Of each organization whose request waits for an answer: its id and the seats asked for. At most one each; one statement."""
    found = requests.waiting().values_list("organization_id", "pk", "seats")
    return {organization: (pk, seats) for organization, pk, seats in found}


def newest_of(organization: Organization) -> SeatRequest | None:
    """The organization's last request: the open one if there is one."""
    return SeatRequest.objects.filter(organization=organization).newest_first().first()
