"""What has to be told outside, such as mail: written in the transaction of the change, delivered by the worker.

The row is the truth. A nudge after the commit makes it quick, the sweep of every minute makes it sure, and neither can fail a page.
An attempt is committed before the work begins, so that a message that kills its worker is not tried for ever.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.template.loader import render_to_string

from msp_portal.lib import nudge, tenancy
from msp_portal.lib.models import OutboxMessage

log = structlog.get_logger(__name__)

ATTEMPTS_MAX: Final = 3
LEASE: Final = timedelta(minutes=5)
"""How long an attempt may take. Then its worker is taken for dead, and another may try."""
SENT_KEPT_FOR: Final = timedelta(days=30)
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10))
"""After the first and the second failed attempt; after the third the message is parked."""

Payload = dict[str, Any]
Delivery = Callable[[Payload, str], None]

INSERT: Final = "insert into portal_outboxmessage (provider_id, kind, payload, attempts, last_error) values (%s, %s, %s, 0, '')"
CLAIM: Final = """
    update portal_outboxmessage set attempts = attempts + 1, due_at = %(lease_ends_at)s
    where id = (select id from portal_outboxmessage
                where sent_at is null and parked_at is null and due_at <= %(at)s and attempts < %(most)s
                order by due_at, id limit 1 for update skip locked)
    returning *
"""

_deliveries: dict[str, Delivery] = {}


def mail(to: str | Sequence[str], template: str, context: Mapping[str, Any], *, provider_id: str | None = None) -> None:
    """Write a mail made of `templates/emails/<template>.subject.txt`, `.txt` and `.html`; it leaves after the commit.

    `provider_id` is empty for what concerns a person and no tenant.
    """
    put("mail", written(to, template, context), provider_id=provider_id)


def written(to: str | Sequence[str], template: str, context: Mapping[str, Any]) -> Payload:
    """The mail as it goes out, for `send_mail`."""
    words = dict(context)
    return {
        "to": [to] if isinstance(to, str) else list(to),
        "subject": " ".join(render_to_string(f"emails/{template}.subject.txt", words).split()),
        "text": render_to_string(f"emails/{template}.txt", words).strip() + "\n",
        "html": render_to_string(f"emails/{template}.html", words),
    }


def put(kind: str, payload: Payload, *, provider_id: str | None = None) -> None:
    """Write a message of a `kind` that some app delivers. Plain SQL, as a writer may add what it may not read."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [provider_id, kind, json.dumps(payload)])
    transaction.on_commit(nudge.worker, robust=True)


def delivers(kind: str) -> Callable[[Delivery], Delivery]:
    """Mark the function that delivers messages of a kind. It gets the payload and a key that is the same at each attempt."""

    def remember(delivery: Delivery) -> Delivery:
        _deliveries[kind] = delivery
        return delivery

    return remember


def sweep(now: Callable[[], datetime]) -> int:
    """Deliver all that is due, one message at a time; the number of attempts made. Several workers may sweep at once."""
    made = 0
    while (message := claim(now())) is not None:
        deliver(message, now)
        made += 1
    park_the_abandoned(now())
    return made


def claim(at: datetime) -> OutboxMessage | None:
    """The next message due, counted as tried and kept from other workers until the lease ends; committed before the work."""
    with tenancy.system("claim an outbox message"):
        found = OutboxMessage.objects.raw(CLAIM, {"at": at, "lease_ends_at": at + LEASE, "most": ATTEMPTS_MAX})
        return next(iter(found), None)


def deliver(message: OutboxMessage, now: Callable[[], datetime]) -> None:
    """Try once. What goes wrong is noted on the row, which waits for its next turn or is parked."""
    try:
        _deliveries[message.kind](message.payload, f"outbox-{message.pk}")
    except Exception as fault:  # noqa: BLE001 - whatever a mail server or another host does, the sweep goes on
        _note_failure(message, repr(fault), now())
    else:
        message.sent_at, message.payload = now(), {}  # the words have gone out; nothing is left to leak
        message.save(update_fields=["sent_at", "payload"])


def park_the_abandoned(at: datetime) -> None:
    """Park what was tried three times by workers that never came back to say how it went."""
    abandoned = OutboxMessage.objects.filter(sent_at=None, parked_at=None, attempts__gte=ATTEMPTS_MAX, due_at__lte=at)
    for message in abandoned:
        _park(message, "The worker ended in the middle of each attempt.", at)


def forget_sent(at: datetime) -> int:
    """Remove what was sent a month before `at`; the number removed. What was parked stays until a person looked at it."""
    return OutboxMessage.objects.filter(sent_at__lt=at - SENT_KEPT_FOR).delete()[0]


@delivers("mail")
def send_mail(payload: Payload, key: str) -> None:
    """Hand one mail to the mail server, with a Message-ID that is the same at each attempt."""
    mail = EmailMultiAlternatives(
        payload["subject"], payload["text"], to=payload["to"], headers={"Message-ID": f"<{key}@portal>"}
    )
    mail.attach_alternative(payload["html"], "text/html")
    mail.send()


def _note_failure(message: OutboxMessage, error: str, at: datetime) -> None:
    if message.attempts >= ATTEMPTS_MAX:
        _park(message, error, at)
        return
    log.warning("outbox.failed", message=message.pk, kind=message.kind, attempts=message.attempts, error=error)
    message.last_error, message.due_at = error, at + WAITS[message.attempts - 1]
    message.save(update_fields=["last_error", "due_at"])


def _park(message: OutboxMessage, error: str, at: datetime) -> None:
    log.error("outbox.parked", alarm=True, message=message.pk, kind=message.kind, provider=message.provider_id, error=error)
    message.last_error, message.parked_at = error, at
    message.save(update_fields=["last_error", "parked_at"])
