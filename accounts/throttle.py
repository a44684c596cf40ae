"""How often someone may try: counted in Postgres, in one statement, before the password or code is looked at.

Read, check and write in three steps let nearly all of 40 simultaneous guesses through a limit of 5. A try is counted in a transaction of
its own: what is refused afterwards must not take its count back.
"""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.translation import ngettext

from accounts import audit
from accounts.bounds import CODES_OF_PERSON, RESETS_OF_ADDRESS, RESETS_OF_EMAIL, SIGN_INS_OF_ADDRESS, SIGN_INS_OF_EMAIL, Limit
from accounts.models import SignInAttempts
from msp_portal.lib.rules import RuleBroken

COUNT: Final = """
    insert into accounts_signinattempts as counted (subject, window_started_at, tries) values (%(subject)s, %(at)s, 1)
    on conflict (subject) do update set
        tries = case when counted.window_started_at <= %(over)s then 1 else counted.tries + 1 end,
        window_started_at = case when counted.window_started_at <= %(over)s then %(at)s else counted.window_started_at end
    returning tries, window_started_at
"""
KEPT_FOR: Final = timedelta(days=1)


class TooManyTries(RuleBroken):
    """Says when the next try is looked at; the same words whether the account exists or not."""

    code = "too_many_tries"

    def __init__(self, wait: timedelta, *, is_first: bool = False) -> None:
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        super().__init__(
            ngettext(
                "That was tried too often. Please wait %(minutes)s minute and try again.",
                "That was tried too often. Please wait %(minutes)s minutes and try again.",
                minutes,
            )
            % {"minutes": minutes}
        )
        self.is_first = is_first  # of this window; one line in the log is enough for all that follow


def before_password(email: str, *, at: datetime) -> None:
    """Count a try to sign in, for the e-mail address and for where it comes from. Call it before the password is checked.

    :raises TooManyTries: then the password must not be looked at.
    """
    spend(SIGN_INS_OF_ADDRESS, audit.address.get() or "", at=at)
    spend(SIGN_INS_OF_EMAIL, email, at=at)


def before_reset(email: str, *, at: datetime) -> None:
    """Count a wish for a reset mail.

    :raises TooManyTries: then no mail must be written.
    """
    spend(RESETS_OF_ADDRESS, audit.address.get() or "", at=at)
    spend(RESETS_OF_EMAIL, email, at=at)


def before_code(person_id: str, *, at: datetime) -> None:
    """Count a try at a second factor.

    :raises TooManyTries: then the code must not be looked at.
    """
    spend(CODES_OF_PERSON, person_id, at=at)


def spend(limit: Limit, subject: str, *, at: datetime) -> None:
    """Count one try of `subject`.

    :raises TooManyTries: past the limit of the running window.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"subject": pseudonym(limit.name, subject), "at": at, "over": at - limit.window})
        tries, window_started_at = cursor.fetchone()
    if tries > limit.tries:
        raise TooManyTries(window_started_at + limit.window - at, is_first=tries == limit.tries + 1)


def forgive(limit: Limit, subject: str) -> None:
    """Begin anew, after the right password: the mistyped ones before it were the person's own."""
    SignInAttempts.objects.filter(subject=pseudonym(limit.name, subject)).delete()


def forget_old(at: datetime) -> int:
    """Remove windows that ended long ago; the number removed."""
    return SignInAttempts.objects.filter(window_started_at__lt=at - KEPT_FOR).delete()[0]


def pseudonym(purpose: str, subject: str) -> str:
    """A keyed hash, so that neither the table nor a dump of it tells who tried."""
    pepper = settings.KEY_PEPPERS[max(settings.KEY_PEPPERS)]
    return hmac.new(pepper, f"{purpose}:{subject.strip().lower()}".encode(), hashlib.sha256).hexdigest()
