"""Setting up and removing the second factor: an authenticator app (TOTP), and recovery codes for the day it is lost."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import emails, places, throttle
from accounts.actions.sign_in import WrongCode, is_first_use
from accounts.bounds import CODES_OF_PERSON
from accounts.models import Person
from msp_portal.lib.rules import RuleBroken


class AlreadySetUp(RuleBroken):
    """Another window was quicker."""

    message = gettext_lazy("A second factor is set up already.")
    code = "already_set_up"


def has_second_factor(person: Person) -> bool:
    """Whether signing in asks for a code."""
    return bool(Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists())


def recovery_codes_of(person: Person) -> list[str]:
    """The codes that are still good; none where no second factor is set up."""
    found = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(found).get_unused_codes() if found else []


def set_up(*, code: str, secret: str, person: Person, at: datetime) -> None:
    """Turn the second factor on, with recovery codes, once the app has shown that it knows the secret.

    :raises TooManyTries: before the code was looked at.
    :raises WrongCode: the app shows another one.
    :raises AlreadySetUp: meanwhile.
    """
    throttle.before_code(person.pk, at=at)
    if not validate_totp_code(secret, code) or not is_first_use(code, person, at):
        raise WrongCode
    throttle.forgive(CODES_OF_PERSON, person.pk)
    with transaction.atomic():
        _lock(person)
        if has_second_factor(person):
            raise AlreadySetUp
        TOTP.activate(person, secret)
        RecoveryCodes.activate(person)
        emails.security_changed(person, _("A second factor was set up for your sign-in"), at=at)
    places.note_everywhere(person, "second_factor.set_up", at=at)


def remove(*, person: Person, at: datetime) -> None:
    """Turn the second factor off and forget its recovery codes."""
    with transaction.atomic():
        _lock(person)
        Authenticator.objects.filter(user=person).delete()
        emails.security_changed(person, _("The second factor of your sign-in was removed"), at=at)
    places.note_everywhere(person, "second_factor.removed", at=at)


def renew_recovery_codes(*, person: Person, at: datetime) -> None:
    """Make new recovery codes; the former ones open nothing any more."""
    with transaction.atomic():
        _lock(person)
        Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).delete()
        RecoveryCodes.activate(person)
        emails.security_changed(person, _("New recovery codes were made for your sign-in"), at=at)
    places.note_everywhere(person, "recovery_codes.renewed", at=at)


def _lock(person: Person) -> None:
    """Two windows of one person wait for each other."""
    Person.objects.select_for_update().only("pk").get(pk=person.pk)
