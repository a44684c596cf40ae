"""Choosing a new password: knowing the present one, or by a link in a mail."""

from datetime import datetime

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import emails, places, throttle
from accounts.actions.sign_in import confirm_password
from accounts.bounds import SIGN_INS_OF_EMAIL
from accounts.models import Person
from msp_portal.lib import outbox
from msp_portal.lib.rules import RuleBroken


class LinkIsOver(RuleBroken):
    """Used, too old, or never ours."""

    code = "link_is_over"


def change(*, current_password: str, new_password: str, person: Person, at: datetime) -> None:
    """Change the own password; all other sessions of the person end.

    :raises TooManyTries: NotThePassword: see `confirm_password`.
    """
    confirm_password(password=current_password, person=person, at=at, field="current_password")
    _set(person, new_password, at)
    places.note_everywhere(person, "password.changed", at=at)


def ask_for_reset(*, email: str, at: datetime) -> None:
    """Have the worker write to the address, if it is someone's. Here nothing is looked up, so neither words nor time tell.

    :raises TooManyTries: no mail is written.
    """
    throttle.before_reset(email, at=at)
    outbox.put(emails.PASSWORD_RESET, {"email": email})


def person_of_link(person_id: str, token: str) -> Person | None:
    """Whose link this is; None when it was used, is too old, or never was ours."""
    person = Person.objects.filter(pk=person_id, suspended_at=None).first()
    return person if person and default_token_generator.check_token(person, token) else None


def reset(*, new_password: str, person: Person, token: str, at: datetime) -> None:
    """Set the password of the person who came by the link; all sessions of the person end.

    :raises LinkIsOver: when another was quicker.
    """
    with transaction.atomic():
        locked = Person.objects.select_for_update().get(pk=person.pk)
        if not default_token_generator.check_token(locked, token):
            raise LinkIsOver
        _set(locked, new_password, at)
    throttle.forgive(SIGN_INS_OF_EMAIL, person.email)
    places.note_everywhere(person, "password.reset", at=at)


@transaction.atomic
def _set(person: Person, password: str, at: datetime) -> None:
    person.set_password(password)
    person.save(update_fields=["password"])
    emails.security_changed(person, _("The password of your sign-in was changed"), at=at)
