"""Mails about signing in. What tells who has a sign-in is written by the worker, never in the request of a stranger."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.formats import date_format

from accounts import audit
from accounts.models import Person
from msp_portal.lib import outbox

PASSWORD_RESET: Final = "password-reset"  # noqa: S105 - the kind of an outbox message


@outbox.delivers(PASSWORD_RESET)
def send_reset(payload: outbox.Payload, key: str) -> None:
    """Write to the address if a person who may sign in has it. The link is made here, so that no table ever holds it."""
    person = Person.objects.with_email(payload["email"])
    if person is None or not person.is_active:
        return
    url = portal_url("account_reset_password_from_key", person.pk, default_token_generator.make_token(person))
    context = {"name": person.name, "url": url}
    outbox.send_mail(outbox.written(person.email, "password_reset", context), key)


def security_changed(person: Person, what: str, *, at: datetime) -> None:
    """Tell the person that something about the own sign-in was changed, when and from where."""
    context = {
        "name": person.name,
        "what": what,
        "at": f"{date_format(at, 'DATETIME_FORMAT')} UTC",
        "address": audit.address.get() or "",
        "url": portal_url("password-reset"),
    }
    outbox.mail(person.email, "security_changed", context)


def portal_url(name: str, *arguments: str) -> str:
    """The full address of a page of the portal, from whichever process."""
    return settings.PORTAL_URL + reverse(name, urlconf="msp_portal.urls", args=arguments)
