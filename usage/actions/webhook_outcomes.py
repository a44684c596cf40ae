"""What becomes of a delivery and of its endpoint once a call was made."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import structlog

from accounts import audit
from msp_portal.lib import tenancy
from usage import webhook_emails
from usage.bounds import (
    WEBHOOK_FAILING_PAUSED_AFTER,
    WEBHOOK_FAILING_TOLD_AFTER,
    WEBHOOK_HELD_FOR,
    WEBHOOK_TRIES_MAX,
    WEBHOOK_WAITS,
)
from usage.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from usage.webhook_call import Outcome, headers_of

log = structlog.get_logger(__name__)
State = WebhookDelivery.State


@dataclass(frozen=True)
class Claimed:
    """One attempt that a worker claimed, which was the `tries`-th of its series."""

    attempt: WebhookAttempt
    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    tries: int

    @property
    def headers(self) -> dict[str, str]:
        return headers_of(self.delivery.message_id, self.attempt.signature, self.attempt.timestamp)


def note_outcome(call: Claimed, outcome: Outcome, at: datetime) -> None:
    """Write what came of a call. Where the endpoint was removed meanwhile there is nothing to write."""
    with tenancy.system("what a webhook was answered"):
        endpoint = WebhookEndpoint.objects.lock().filter(pk=call.endpoint.pk).first()
        if endpoint is None:
            return
        _note_on_attempt(call.attempt, outcome)
        if call.attempt.was_taken:
            _taken(endpoint, call.attempt, at)
        else:
            _failed(endpoint, call, at)


def _note_on_attempt(attempt: WebhookAttempt, outcome: Outcome) -> None:
    attempt.milliseconds, attempt.status = outcome.milliseconds, outcome.status
    attempt.answer, attempt.error = outcome.answer, outcome.error
    attempt.save(update_fields=["milliseconds", "status", "answer", "error"])


def _taken(endpoint: WebhookEndpoint, attempt: WebhookAttempt, at: datetime) -> None:
    delivery = WebhookDelivery.objects.lock().get(pk=attempt.delivery_id)
    delivery.settle(State.DELIVERED, at=at)
    endpoint.failing_since = endpoint.told_at = endpoint.held_until = endpoint.busy_until = None
    endpoint.last_success_at = at
    endpoint.save(update_fields=["failing_since", "told_at", "held_until", "busy_until", "last_success_at"])


def _failed(endpoint: WebhookEndpoint, call: Claimed, at: datetime) -> None:
    delivery = WebhookDelivery.objects.lock().get(pk=call.attempt.delivery_id)
    log.info("usage.webhook_failed", endpoint=endpoint.pk, tries=call.tries, status=call.attempt.status, error=call.attempt.error)
    if delivery.is_waiting and delivery.tries == call.tries:  # else a replay began meanwhile, and goes its own way
        if call.tries >= WEBHOOK_TRIES_MAX:
            delivery.settle(State.FAILED, at=at)
        else:
            delivery.wait_until(at + WEBHOOK_WAITS[call.tries - 1])
    endpoint.failing_since = endpoint.failing_since or at
    endpoint.held_until, endpoint.busy_until = at + WEBHOOK_HELD_FOR, None
    endpoint.save(update_fields=["failing_since", "held_until", "busy_until"])
    _judge(endpoint, is_gone=call.attempt.status == HTTPStatus.GONE, at=at)


def _judge(endpoint: WebhookEndpoint, *, is_gone: bool, at: datetime) -> None:
    """Tell the administrators once of an endpoint that fails for long; give it up after longer, or at once if it says that it is gone (410)."""
    assert endpoint.failing_since is not None, "it has just failed"
    failing_for = at - endpoint.failing_since
    if endpoint.is_active and (is_gone or failing_for >= WEBHOOK_FAILING_PAUSED_AFTER):
        endpoint.pause(by_name="", at=at)
        audit.record(None, "usage.webhook.paused", endpoint, at=at, failing_since=endpoint.failing_since)
        webhook_emails.tell_of_failing(endpoint)
    elif endpoint.told_at is None and failing_for >= WEBHOOK_FAILING_TOLD_AFTER:
        endpoint.told_at = at
        endpoint.save(update_fields=["told_at"])
        webhook_emails.tell_of_failing(endpoint)
