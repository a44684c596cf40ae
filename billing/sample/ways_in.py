"""Users of the sample who were invited and have not answered, and some who were removed a short while ago. No mail is written."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from accounts import audit
from accounts.models import Administrator
from billing.sample.cast import NEAR_THE_CAP
from usage.bounds import REMOVED_USER_KEPT_FOR
from usage.models import RemovedUser, SeatEvent, User, UserInvitation

INVITED: Final = 6
REMOVED: Final = 4


def make_invitations(by: Administrator, at: datetime) -> None:
    """Invitations of some users whom `by` looks after, sent two days apart; the oldest is about to expire."""
    staged = User.objects.filter(provider_id=by.provider_id, state=User.State.STAGED).order_by("user_name", "pk")
    near_the_cap = staged.filter(organization__name=NEAR_THE_CAP)
    for place, user in enumerate([*near_the_cap[:2], *staged.exclude(organization__name=NEAR_THE_CAP)[:INVITED]]):
        sent_at = at - timedelta(days=2 * place, hours=3)
        invitation = UserInvitation(
            provider_id=user.provider_id, organization_id=user.organization_id, user=user, email=user.email, invited_by=by
        )
        invitation.renew(by_name=by.name, at=sent_at)
        invitation.save(force_insert=True)
        audit.record(by, "usage.user.invited", user, at=sent_at, email=user.email, expires_at=invitation.expires_at)


def keep_removed_users(provider_id: str, at: datetime) -> None:
    """What is kept of those who left the provider's clients last, as far as it can still be undone."""
    lately = at - REMOVED_USER_KEPT_FOR + timedelta(days=1)
    gone = SeatEvent.objects.filter(provider_id=provider_id, kind=SeatEvent.Kind.USER, delta=-1, at__gt=lately)
    RemovedUser.objects.bulk_create(_kept(event) for event in gone.order_by("-id")[:REMOVED] if not _is_there(event))


def make_ways_in(administrators: Sequence[Administrator], at: datetime) -> None:
    """Both, in the name of the MSP that the client near its cap belongs to."""
    client = next(one for one in administrators if one.organization and one.organization.name == NEAR_THE_CAP)
    owner = next(one for one in administrators if one.provider_id == client.provider_id and one.organization is None)
    make_invitations(owner, at)
    keep_removed_users(client.provider_id, at)


def _is_there(event: SeatEvent) -> bool:
    return User.objects.filter(pk=event.subject_id).exists()


def _kept(event: SeatEvent) -> RemovedUser:
    first_name, _, last_name = event.subject_name.partition(" ")
    user_name = ".".join(event.subject_name.lower().split())
    neighbour = User.objects.filter(organization_id=event.organization_id).values_list("email", flat=True).first() or ""
    return RemovedUser(
        id=event.subject_id,
        provider_id=event.provider_id,
        organization_id=event.organization_id,
        user_name=user_name,
        email=f"{user_name}@{neighbour.partition('@')[2] or 'x.example'}",
        first_name=first_name,
        last_name=last_name,
        name=event.subject_name,
        state=User.State.ACTIVE,
        created_at=SeatEvent.objects.filter(subject_id=event.subject_id, delta=1).order_by("id").values_list("at", flat=True)[0],
        removed_at=event.at,
        removed_by=event.by,
    )
