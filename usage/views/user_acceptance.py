"""What the link of a user's invitation opens: who invites, and the one button. Reading changes nothing."""

from typing import Final

from django.db import OperationalError
from django.http import HttpResponse
from django.views.decorators.cache import never_cache

from accounts.doors import PublicRequest, public
from accounts.refusals import busy
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.page import page
from usage.actions.user_invitations import UserInvitationIsOver, accept_invitation
from usage.models import UserInvitation
from usage.queries.user_invitations import by_token

ACCEPT: Final = "users/invitation_accept.html"
ACCEPTED: Final = "users/invitation_accepted.html"
OVER: Final = "users/invitation_over.html"


@never_cache
@public("GET", "POST")
def acceptance(request: PublicRequest, token: str) -> HttpResponse:
    """`/users/invitations/<token>/`: 410 for every link that can't be accepted (any more), with whom to ask where the link was ours."""
    try:
        if request.method == "POST":
            return page(request, ACCEPTED, {"invitation": accept_invitation(token=token, at=request.at)})
        return page(request, ACCEPT, {"invitation": _open_one(request, token)})
    except UserInvitationIsOver as over:
        return page(request, OVER, {"invitation": over.invitation}, status=410)
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        return busy(request)


def _open_one(request: PublicRequest, token: str) -> UserInvitation:
    """The invitation, read inside its own tenant; :raises UserInvitationIsOver: when it can't be accepted."""
    found = by_token(token)
    if found is None:
        raise UserInvitationIsOver
    with tenancy.scope(found.provider_id):
        invitation = found.read()
    if invitation is None or not invitation.is_open(request.at):
        raise UserInvitationIsOver(invitation)
    return invitation
