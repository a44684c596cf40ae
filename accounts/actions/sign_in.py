"""Showing who one is: by password, by a second factor. Each try is counted before it is looked at, and each failure is noted."""

from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import audit, throttle
from accounts.bounds import CODE_USED_ONCE, CODES_OF_PERSON, SIGN_INS_OF_EMAIL
from accounts.models import AuditEvent, Person
from accounts.throttle import TooManyTries
from msp_portal.lib.rules import RuleBroken


class WrongPassword(RuleBroken):
    """The same words for an unknown address and a wrong password."""

    message = _("E-mail or password is not right. Check both and try again.")
    code = "wrong_password"


class NotThePassword(RuleBroken):
    """Said to someone who is signed in already."""

    message = _("That is not your present password.")
    code = "wrong_password"


class PersonSuspended(RuleBroken):
    """Said only to someone who knows the password."""

    message = _("This sign-in is suspended. Ask the people who run the portal.")
    code = "person_suspended"


class WrongCode(RuleBroken):
    """Also for a code that was used before."""

    message = _("That code is not right, or was used before. Wait for the next one and try again.")
    code = "wrong_code"
    field = "code"


def person_with(*, email: str, password: str, request: HttpRequest, at: datetime) -> Person:
    """The person whose e-mail and password these are.

    :raises TooManyTries: before the password was looked at.
    :raises WrongPassword: or when nobody has the address.
    :raises PersonSuspended: with the right password only.
    """
    try:
        person: Person | None = get_adapter(request).authenticate(request, email=email, password=password)
    except TooManyTries as refusal:
        if refusal.is_first:
            _note_failure(email, refusal.code, at)
        raise
    if person is None:
        _note_failure(email, WrongPassword.code, at)
        raise WrongPassword
    if not person.is_active:
        _note_failure(email, PersonSuspended.code, at)
        raise PersonSuspended
    throttle.forgive(SIGN_INS_OF_EMAIL, email)
    return person


def confirm_password(*, password: str, person: Person, at: datetime, field: str = "password") -> None:
    """Check the password of someone signed in.

    :raises TooManyTries: before the password was looked at.
    :raises NotThePassword: standing at `field`.
    """
    throttle.before_password(person.email, at=at)
    if not person.check_password(password):
        _note_failure(person.email, NotThePassword.code, at)
        refusal = NotThePassword()
        refusal.field = field
        raise refusal
    throttle.forgive(SIGN_INS_OF_EMAIL, person.email)


def accept_code(*, code: str, person: Person, at: datetime) -> Authenticator:
    """The second factor of the person that this code is of; the code counts as used.

    :raises TooManyTries: before the code was looked at.
    :raises WrongCode: also for a code used before.
    """
    throttle.before_code(person.pk, at=at)
    found = next((factor for factor in Authenticator.objects.filter(user=person) if factor.wrap().validate_code(code)), None)
    if found is None or not is_first_use(code, person, at):
        _note_failure(person.email, WrongCode.code, at)
        raise WrongCode
    throttle.forgive(CODES_OF_PERSON, person.pk)
    return found


def is_first_use(code: str, person: Person, at: datetime) -> bool:
    """Whether no process took this code of the person before; from now on it is used."""
    try:
        throttle.spend(CODE_USED_ONCE, f"{person.pk} {code.strip()}", at=at)
    except TooManyTries:
        return False
    return True


def _note_failure(email: str, reason: str, at: datetime) -> None:
    """Outside every tenant and without the address typed: the row stays for ever, and the address may be a password in the wrong field."""
    audit.record(
        audit.Stranger(),
        "sign_in.failed",
        outcome=AuditEvent.Outcome.REFUSED,
        at=at,
        reason=reason,
        account=throttle.pseudonym("audit", email)[:16],
    )
