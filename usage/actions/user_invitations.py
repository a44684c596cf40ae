"""Inviting directory users by mail, and accepting. The staged user has the seat from the first; accepting takes none.

Whatever concerns one invitation locks its user first, so that of acceptance, expiry, renewal and removal exactly one comes first.
"""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Stranger
from accounts.emails import portal_url
from accounts.models import Administrator, Organization
from msp_portal.lib import outbox, tenancy
from msp_portal.lib.rules import RuleBroken
from usage.actions.users import add_user, take_away
from usage.bounds import (
    USER_INVITATIONS_OF_ADDRESS,
    USER_INVITATIONS_OF_ADMINISTRATOR,
    USER_INVITATIONS_OF_ORGANIZATION,
    USER_INVITATIONS_WINDOW,
)
from usage.models import Seats, User, UserInvitation
from usage.queries.user_invitations import by_token

LINK: Final = "user-invitation-accept"


class NotStaged(RuleBroken):
    """Only who has not come yet is invited."""

    message = _("This user is not staged any more, so there is nothing to accept. Nothing was sent.")
    code = "user_not_staged"


class NotInvited(RuleBroken):
    """Accepted, expired or cancelled meanwhile, or never sent."""

    message = _("No invitation of this user waits for an answer any more. Nothing was changed.")
    code = "user_not_invited"


class TooManyInvitations(RuleBroken):
    """A bound that people do not meet and a script that writes to strangers does."""

    message = _("Too many invitations were sent today. Add the users without one, or try again tomorrow.")
    code = "too_many_invitations"


class UserInvitationIsOver(RuleBroken):
    """The link can't be accepted (any more). `invitation` is the one it named; None for a link that nobody knows."""

    message = _("This invitation is no longer valid.")
    code = "user_invitation_is_over"

    def __init__(self, invitation: UserInvitation | None = None) -> None:
        super().__init__()
        self.invitation = invitation


@transaction.atomic
def invite_user(
    *,
    organization: Organization,
    user_name: str,
    email: str,
    first_name: str = "",
    last_name: str = "",
    by: Administrator,
    at: datetime,
) -> User:
    """Add a staged user, who takes a seat now, and mail the invitation.

    :raises UserCapReached, ProviderSuspended, OrganizationClosed, UserNameTaken: as `add_user`.
    :raises TooManyInvitations: with nothing written.
    """
    user = add_user(
        organization=organization,
        user_name=user_name,
        email=email,
        first_name=first_name,
        last_name=last_name,
        state=User.State.STAGED,
        by=by,
        at=at,
    )
    send_invitation(user=user, by=by, at=at)
    return user


@transaction.atomic
def send_invitation(*, user: User, by: Administrator, at: datetime) -> UserInvitation:
    """Mail the user of a locked row an invitation, the first or a further one: a new link, good from now on; the former one ends.

    :raises NotStaged: who is active or suspended has nothing to accept.
    :raises TooManyInvitations: with nothing written.
    """
    if not user.is_staged:
        raise NotStaged
    _within_bounds(user, by, at)
    invitation = UserInvitation.objects.filter(user=user).first() or UserInvitation(
        provider_id=user.provider_id, organization_id=user.organization_id, user=user
    )
    action = "usage.user.invited_again" if invitation.sends else "usage.user.invited"
    invitation.email, invitation.invited_by = user.email, by
    token = invitation.renew(by_name=by.name, at=at)
    if invitation._state.adding:
        invitation.save(force_insert=True)
    else:
        invitation.save(
            update_fields=["email", "token_digest", "invited_by", "invited_by_name", "sent_at", "sends", "expires_at"]
        )
    audit.record(by, action, user, at=at, email=user.email, expires_at=invitation.expires_at)
    _mail(user, invitation, token)
    return invitation


@transaction.atomic
def cancel_invitation(*, user: User, by: Administrator, at: datetime) -> None:
    """Take the invitation of a locked user back: the link ends, the staged user is removed and the seat is free.

    :raises NotInvited: when it was accepted meanwhile, or none was sent.
    """
    invitation = UserInvitation.objects.waiting().filter(user=user).first()
    if invitation is None or not user.is_staged:
        raise NotInvited
    audit.record(by, "usage.user.invitation_cancelled", user, at=at, email=invitation.email)
    take_away([user], by_name=by.name, at=at)


def accept_invitation(*, token: str, at: datetime) -> UserInvitation:
    """Make the staged user active. It takes no seat, so it succeeds at a full house and under a lowered cap. Opens its own scope.

    :raises UserInvitationIsOver: used, cancelled, replaced, expired, never ours.
    """
    found = by_token(token)
    if found is None:
        raise UserInvitationIsOver
    with tenancy.scope(found.provider_id):
        User.objects.lock().filter(invitation=found.invitation_id).first()
        invitation = found.read()  # as it stands now that nobody else moves it
        if invitation is None or invitation.user is None or not invitation.is_open(at):
            raise UserInvitationIsOver(invitation)
        invitation.user.activate()
        invitation.accepted_at = at
        invitation.save(update_fields=["accepted_at"])
        audit.record(Stranger(), "usage.user.invitation_accepted", invitation.user, at=at, email=invitation.email)
    return invitation


def _within_bounds(user: User, by: Administrator, at: datetime) -> None:
    """:raises TooManyInvitations: for one more mail of this organization, this administrator, or to this address."""
    Seats.objects.lock().get(pk=user.organization_id)  # so that two at once are counted one after the other
    lately = UserInvitation.objects.filter(provider_id=user.provider_id, sent_at__gt=at - USER_INVITATIONS_WINDOW)
    bounds = (
        (lately.filter(organization_id=user.organization_id), USER_INVITATIONS_OF_ORGANIZATION),
        (lately.filter(invited_by=by), USER_INVITATIONS_OF_ADMINISTRATOR),
        (lately.filter(email__iexact=user.email), USER_INVITATIONS_OF_ADDRESS),
    )
    if any(_mails(sent) >= most for sent, most in bounds):
        raise TooManyInvitations(organization_id=user.organization_id)


def _mails(invitations: QuerySet[UserInvitation]) -> int:
    return int(invitations.aggregate(mails=Sum("sends", default=0))["mails"])


def _mail(user: User, invitation: UserInvitation, token: str) -> None:
    """The mail, in the transaction of the invitation. Nobody knows the user's language, so it is the portal's own."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "user": user,
            "invitation": invitation,
            "organization_name": user.organization.name,
            "provider": user.provider,
            "url": portal_url(LINK, token),
        }
        outbox.mail(user.email, "user_invitation", context, provider_id=user.provider_id)
