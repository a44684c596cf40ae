"""Webhooks: put into the inbox as they arrive, applied later, each once. Their order doesn't matter (`settling`)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F

from billing import psp
from billing.actions.method_setups import page_finished
from billing.actions.settling import NotOurs, Told, settle, settle_refund, settle_return
from billing.models import Charge, ChargeState, WebhookEvent
from msp_portal.lib import tenancy

log = structlog.get_logger(__name__)

WORK_INBOX: Final = "billing.tasks.work_webhooks"
BEFORE_THE_BANK: Final = "payment_intent.created"
"""It shows a charge as it was before the bank was asked, which looks like one that failed: a backup would be charged beside it."""
TRIES_MAX: Final = 8
PAUSE: Final = timedelta(minutes=1)
"""After the first try; after the nth it is tried again n² of these after it came, so the last try is most of an hour later."""
KEPT_FOR: Final = timedelta(days=90)
Outcome = WebhookEvent.Outcome

# Plain SQL: the public web process may put something in and not look what is there.
INSERT: Final = """
    insert into billing_webhookevent (id, kind, created_at, received_at, body, tries, outcome, note)
    values (%s, %s, %s, %s, %s, 0, '', '') on conflict do nothing
"""


class TooEarly(Exception):
    """News of money that went back from a charge that may be ours, once its answer is here: the event waits."""


def receive(event: psp.Event, *, at: datetime) -> None:
    """Keep a signed event; a second delivery of it changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [event.id, event.type[:64], event.created, at, json.dumps(dict(event.object))])


def work_inbox(now: Callable[[], datetime]) -> int:
    """Apply all that waits, the oldest first; how many were. Several workers may do so at once."""
    applied, failed = 0, set[str]()
    while (event := _waiting(failed, now())) is not None:
        try:
            applied += _apply_one(event, now)
        except Exception as fault:  # noqa: BLE001 - one event that can't be applied must not keep the others waiting
            failed.add(event)
            _note_failure(event, fault, now())
    return applied


def forget(at: datetime) -> int:
    """Remove what was processed long ago; the number removed."""
    return WebhookEvent.objects.filter(processed_at__lt=at - KEPT_FOR).delete()[0]


def _waiting(failed: set[str], at: datetime) -> str | None:
    """The id of the oldest event that waits and did not fail in this run, nor too short a while ago: each new event asks for a run."""
    pause = ExpressionWrapper(F("tries") * F("tries") * PAUSE, DurationField())
    with tenancy.system("webhooks that wait"):
        due = WebhookEvent.objects.filter(processed_at=None, received_at__lte=at - pause)
        waiting = due.exclude(pk__in=failed).order_by("received_at", "pk")
        free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
        return free.first()


def _apply_one(event_id: str, now: Callable[[], datetime]) -> bool:
    """Apply it and mark it in one transaction; False if another worker was quicker."""
    with tenancy.system("apply a webhook"):
        event = WebhookEvent.objects.select_for_update().get(pk=event_id)
        if event.processed_at is not None:
            return False
        outcome, note = _apply(event, now())
        _done(event, outcome, note, now())
        return True


def _done(event: WebhookEvent, outcome: str, note: str, at: datetime) -> None:
    """The body has told what it had to; nothing is left of it to leak."""
    if outcome == Outcome.REFUSED:
        log.error("billing.webhook_refused", alarm=True, webhook=event.pk, kind=event.kind, note=note)
    event.processed_at, event.outcome, event.note, event.body = at, outcome, note[:255], {}
    event.save(update_fields=["processed_at", "outcome", "note", "body"])


def _note_failure(event_id: str, fault: Exception, at: datetime) -> None:
    """It waits for the next run; after `TRIES_MAX` it is put aside for a person."""
    with tenancy.system("a webhook that failed"):
        event = WebhookEvent.objects.select_for_update().get(pk=event_id)
        event.tries += 1
        event.note = repr(fault)[:255]
        event.save(update_fields=["tries", "note"])
        log.warning("billing.webhook_failed", webhook=event_id, tries=event.tries, error=event.note)
        if event.tries >= TRIES_MAX:
            _done(event, Outcome.REFUSED, event.note, at)


def _apply(event: WebhookEvent, at: datetime) -> tuple[str, str]:
    """Write what the event means for us; how it ended, and a word on it."""
    facts = psp.Event(event.pk, event.kind, event.created_at, event.body)
    told = Told(event.kind, event.created_at, event.pk)
    subject = event.kind.split(".")[0]
    try:
        with transaction.atomic():  # a refusal takes back what was written before it
            return APPLY.get(subject, _ignore)(facts, told, at)
    except NotOurs as fault:
        return Outcome.REFUSED, f"does not fit what was asked for: {fault}"


def _charge(facts: psp.Event, told: Told, at: datetime) -> tuple[str, str]:
    if told.kind == BEFORE_THE_BANK:
        return _ignore(facts, told, at)
    found = psp.charge_in(facts)
    charge = Charge.objects.filter(pk=found.metadata.get("portal_charge", "")).first() if found else None
    if found is None or charge is None:
        return NO_CHARGE
    settle(charge, found, told, at=at)
    return Outcome.APPLIED, found.state


def _dispute(facts: psp.Event, told: Told, at: datetime) -> tuple[str, str]:
    """A charge's own events say nothing that its PaymentIntent's don't; its disputes do."""
    found = psp.return_in(facts)
    charge = _charge_of(found.charge_id) if found else None
    if found is None or charge is None:
        return NO_CHARGE
    settle_return(charge, found, told, at=at)
    return Outcome.APPLIED, found.reason


def _refund(facts: psp.Event, told: Told, at: datetime) -> tuple[str, str]:
    found = psp.refund_in(facts)
    charge = _charge_of(found.charge_id) if found else None
    if found is None or charge is None:
        return NO_CHARGE
    settle_refund(charge, found, told, at=at)
    return Outcome.APPLIED, found.state


def _charge_of(psp_id: str) -> Charge | None:
    """Our charge that the payment provider calls so; None if it is none of ours.

    :raises TooEarly: if it may be one of which we were not told yet how it is called.
    """
    waits = Charge.objects.filter(state=ChargeState.UNKNOWN).exists()  # first, as an answer may be written meanwhile
    charge = Charge.objects.filter(psp_id=psp_id).exclude(psp_id="").first()
    if psp_id and waits and charge is None:
        raise TooEarly(psp_id)
    return charge


def _page(facts: psp.Event, told: Told, _at: datetime) -> tuple[str, str]:
    """A hosted page was finished or is over; the worker reads what was added there, outside of this transaction."""
    is_ours = page_finished(str(facts.object.get("id", "")))
    return (Outcome.APPLIED if is_ours else Outcome.IGNORED), told.kind


def _ignore(_facts: psp.Event, told: Told, _at: datetime) -> tuple[str, str]:
    return Outcome.IGNORED, told.kind


NO_CHARGE: Final = (Outcome.IGNORED, "no charge of ours")
APPLY: Final = {"payment_intent": _charge, "refund": _refund, "charge": _dispute, "checkout": _page}
