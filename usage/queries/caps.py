"""What the caps of a provider allow together, and what a cap means beside the present count and the commitment."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from msp_portal.lib.templatetags.portal import number
from usage.models import Seats
from usage.queries.licences import Licences


@dataclass(frozen=True)
class Caps:
    """The open organizations' caps added up: `seats` over the `capped` ones; the `uncapped` ones set no bound."""

    seats: int
    capped: int
    uncapped: int


def caps_together(rows: QuerySet[Seats]) -> Caps:
    """The caps of `rows`' open organizations; one statement."""
    found = rows.filter(closed_at=None).aggregate(
        seats=Sum("user_cap", default=0), capped=Count("user_cap"), uncapped=Count("pk", filter=Q(user_cap=None))
    )
    return Caps(**found)


def warnings_about(seats: Seats, caps: Caps | None, licences: Licences | None) -> list[str]:
    """What to say about a cap that was set: sentences, none when there is nothing to warn of. Never a reason to refuse."""
    if seats.user_cap is None:
        return []
    found = [_below_the_count(seats), _above_the_commitment(seats.user_cap, caps, licences)]
    return [sentence for sentence in found if sentence]


def _below_the_count(seats: Seats) -> str:
    if seats.user_cap is None or seats.users <= seats.user_cap:
        return ""
    words = _(
        "The cap is below the present %(users)s users. Nobody is removed; nobody can be added until fewer than %(cap)s are left."
    )
    return words % {"users": number(seats.users), "cap": number(seats.user_cap)}


def _above_the_commitment(user_cap: int, caps: Caps | None, licences: Licences | None) -> str:
    if licences is None or licences.committed is None:
        return ""
    committed = number(licences.committed)
    if user_cap > licences.committed:
        return _(
            "This cap alone is above the %(committed)s committed licences. Users beyond the commitment are billed as overage."
        ) % {"committed": committed}
    if caps is None or caps.seats <= licences.committed:
        return ""
    words = ngettext(
        "The cap of the one capped organization allows %(seats)s users, %(over)s more than the %(committed)s committed licences. "
        "Users beyond the commitment are billed as overage.",
        "The caps of the %(capped)s capped organizations together allow %(seats)s users, %(over)s more than the %(committed)s committed "
        "licences. Users beyond the commitment are billed as overage.",
        caps.capped,
    )
    over = number(caps.seats - licences.committed)
    return words % {"capped": number(caps.capped), "seats": number(caps.seats), "over": over, "committed": committed}
