"""Inviting an administrator by mail, and accepting. An address that already has a sign-in is invited like a new one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.bounds import INVITATION_VALID_FOR
from accounts.emails import portal_url
from accounts.models import Administrator, Person
from msp_portal.lib import outbox, tenancy
from msp_portal.lib.rules import RuleBroken

SALT: Final = "invitation"


class InvitationIsOver(RuleBroken):
    """Accepted, withdrawn, replaced by a later one, or too old."""

    message = _("This invitation is no longer valid.")
    code = "invitation_is_over"


class HasSignIn(RuleBroken):
    """The address got a sign-in meanwhile."""

    message = _("This address has a sign-in already. Sign in with it to accept.")
    code = "has_sign_in"


@dataclass(frozen=True)
class Invitation:
    """What the link says, as far as it is still true."""

    administrator: Administrator
    place_name: str
    provider_name: str

    @property
    def email(self) -> str:
        return self.administrator.email


def send(administrator: Administrator, *, at: datetime) -> None:
    """Invite, or invite again: write the mail with a link that is good for seven days and ends all earlier ones. Call it inside a scope."""
    administrator.invited_at = at
    administrator.save(update_fields=["invited_at"])
    place = administrator.organization or administrator.provider
    context = {
        "name": administrator.name,
        "role_name": administrator.get_role_display(),
        "place_name": place.name,
        "provider_name": administrator.provider.name,
        "url": portal_url("invitation", token_of(administrator)),
        "ends_at": f"{date_format(at + INVITATION_VALID_FOR, 'DATETIME_FORMAT')} UTC",
    }
    outbox.mail(administrator.email, "invitation", context, provider_id=administrator.provider_id)


def token_of(administrator: Administrator) -> str:
    """What the link carries: whose invitation, and which one of several sent."""
    return signing.dumps([administrator.provider_id, administrator.pk, administrator.invited_at.isoformat()], salt=SALT)


def invitation_of(token: str) -> Invitation:
    """What the link invites to.

    :raises InvitationIsOver: also for a token that was never ours.
    """
    provider_id, administrator_id, invited_at = _read(token)
    with tenancy.scope(provider_id):
        open_ones = Administrator.objects.filter(joined_at=None, suspended_at=None).select_related("provider", "organization")
        found = open_ones.filter(pk=administrator_id, provider_id=provider_id).first()
    if found is None or found.invited_at.isoformat() != invited_at:
        raise InvitationIsOver
    place = found.organization or found.provider
    return Invitation(found, place.name, found.provider.name)


def has_sign_in(invitation: Invitation) -> bool:
    """Whether the one who holds the link signs in to accept, instead of choosing a password."""
    return Person.objects.with_email(invitation.email) is not None


def join(*, first_name: str, last_name: str, new_password: str, invitation: Invitation, at: datetime) -> Person:
    """Make a sign-in for the address, which the link has proved to be the person's, and accept.

    :raises HasSignIn: someone with this address has one.
    :raises InvitationIsOver: meanwhile.
    """
    person = Person(email=invitation.email.lower(), first_name=first_name, last_name=last_name)
    person.set_password(new_password)
    try:
        with transaction.atomic():
            person.save()
            EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    except IntegrityError:
        raise HasSignIn from None
    accept(person=person, invitation=invitation, at=at)
    return person


def accept(*, person: Person, invitation: Invitation, at: datetime) -> Administrator:
    """Take the place.

    :raises InvitationIsOver: someone did, or it was withdrawn meanwhile.
    """
    administrator = invitation.administrator
    with tenancy.scope(administrator.provider_id, actor=administrator.name):
        still_open = Administrator.objects.filter(
            pk=administrator.pk, joined_at=None, suspended_at=None, invited_at=administrator.invited_at
        )
        if not still_open.update(person_id=person.pk, joined_at=at):
            raise InvitationIsOver
        administrator.person_id, administrator.joined_at = person.pk, at
        audit.record(administrator, "administrator.joined", administrator, at=at)
    return administrator


def _read(token: str) -> tuple[str, str, str]:
    try:
        provider_id, administrator_id, invited_at = signing.loads(token, salt=SALT, max_age=INVITATION_VALID_FOR)
    except (signing.BadSignature, ValueError):
        raise InvitationIsOver from None
    return provider_id, administrator_id, invited_at
