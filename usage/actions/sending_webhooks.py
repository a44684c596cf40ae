"""What the worker does with webhooks: claim, commit, call, write. The call is outside of every transaction, and in a thread of its own.

An endpoint gets one call at a time, and the one that was called longest ago comes first; after a failure it is left in peace for a minute. So
neither a slow endpoint nor one with a thousand events keeps the others waiting. An attempt is written before it is made: what kills its worker
is not tried for ever.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import structlog
from django.db import connection

from msp_portal.lib import tenancy
from msp_portal.lib.sealing import SealLost
from usage import webhook_call, webhook_secrets
from usage.actions.webhook_outcomes import Claimed, note_outcome
from usage.bounds import WEBHOOK_CALLS_AT_ONCE, WEBHOOK_LEASE, WEBHOOK_LOOK_EVERY, WEBHOOK_RUN_MOST, WEBHOOK_TRIES_MAX
from usage.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from usage.webhook_call import Outcome

log = structlog.get_logger(__name__)

LOCK: Final = 7_266_003  # a number of its own among the advisory locks
CLAIM: Final = """
    update usage_webhookendpoint set busy_until = %(lease_ends_at)s, called_at = %(at)s
    where id = (select e.id from usage_webhookendpoint e
                where e.paused_at is null and coalesce(e.busy_until, '-infinity') <= %(at)s
                      and coalesce(e.held_until, '-infinity') <= %(at)s
                      and exists (select from usage_webhookdelivery d
                                  where d.endpoint_id = e.id and d.state = 'waiting' and d.due_at <= %(at)s)
                order by e.called_at nulls first, e.id limit 1 for no key update skip locked)
    returning *
"""


def deliver(now: Callable[[], datetime]) -> int:
    """Send all that is due; the number of calls made. None where another worker is at it, who looks for more every second: slow endpoints may
    keep one process of the workers, never all of them."""
    with _alone() as is_alone:
        return send(now) if is_alone else 0


def send(now: Callable[[], datetime]) -> int:
    """Send all that is due, to several endpoints at once; the number of calls made. Claims keep several workers apart as well."""
    made, ends_at = 0, now() + WEBHOOK_RUN_MOST
    under_way: dict[Future[Outcome], Claimed] = {}
    with ThreadPoolExecutor(WEBHOOK_CALLS_AT_ONCE) as pool:
        while True:
            while len(under_way) < WEBHOOK_CALLS_AT_ONCE and now() < ends_at and (claimed := claim(now())) is not None:
                under_way[pool.submit(_made, claimed)] = claimed
            if not under_way:
                return made
            for done in wait(under_way, timeout=WEBHOOK_LOOK_EVERY, return_when=FIRST_COMPLETED).done:
                note_outcome(under_way.pop(done), done.result(), now())
                made += 1


def claim(at: datetime) -> Claimed | None:
    """The next call, counted and written as an attempt; its endpoint is kept from other workers until the lease ends. Committed before the call."""
    with tenancy.system("claim a webhook"):
        while (endpoint := _next_endpoint(at)) is not None:
            delivery = endpoint.deliveries.due(at).lock().first()
            if delivery is not None and delivery.tries < WEBHOOK_TRIES_MAX:
                return _begun(endpoint, delivery, at)
            if delivery is not None:  # the worker of its last attempt never came back
                delivery.settle(WebhookDelivery.State.FAILED, at=at)
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(busy_until=None)
        return None


def forget_deliveries(at: datetime) -> int:
    """Remove what was announced a month before `at`, with its attempts; how many."""
    with tenancy.system("webhooks of long ago"):
        return WebhookDelivery.objects.forgotten(at).delete()[0]


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process sends now; nobody else does until the end. The lock is the session's, so it goes with a process that dies."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        is_alone: bool = cursor.fetchone()[0]
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def _next_endpoint(at: datetime) -> WebhookEndpoint | None:
    return next(iter(WebhookEndpoint.objects.raw(CLAIM, {"at": at, "lease_ends_at": at + WEBHOOK_LEASE})), None)


def _begun(endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: datetime) -> Claimed:
    at = at.astimezone(UTC)
    delivery.tries += 1
    delivery.save(update_fields=["tries"])
    attempt = WebhookAttempt(provider_id=delivery.provider_id, delivery=delivery, at=at)
    attempt.signature = webhook_call.signature_of(delivery.message_id, delivery.body, _secrets(endpoint, at), at)
    attempt.save()
    return Claimed(attempt, delivery, endpoint, tries=delivery.tries)


def _secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """The present one first; none where the keys that sealed them are gone."""
    sealed = [endpoint.sealed_secret]
    if endpoint.former_secret_until and at < endpoint.former_secret_until:
        sealed.append(endpoint.former_sealed_secret)
    try:
        return [webhook_secrets.opened(each) for each in sealed]
    except SealLost:
        log.error("usage.webhook_secret_lost", alarm=True, endpoint=endpoint.pk, provider=endpoint.provider_id)
        return []


def _made(claimed: Claimed) -> Outcome:
    """In a thread, without the database. Nothing goes out unsigned."""
    if not claimed.attempt.signature:
        return Outcome(error="secret_lost")
    return webhook_call.call(claimed.endpoint.url, claimed.delivery.body, claimed.headers)
