"""What the worker does for this app."""

from datetime import UTC, datetime

import structlog
from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from accounts import idempotency, throttle
from accounts.actions import audit_chain, key_expiry, making_exports
from accounts.actions.exports import WORK
from accounts.models import AuditChain
from msp_portal.lib import tenancy

log = structlog.get_logger(__name__)


@shared_task
def forget_what_is_over() -> int:
    """Once a day: remove sessions that expired, answers kept for repeated POSTs, and counts of tries; the number of counts removed."""
    SessionStore.clear_expired()
    idempotency.forget_old(datetime.now(UTC))
    return throttle.forget_old(datetime.now(UTC))


@shared_task
def chain_audit_events() -> int:
    """Every minute: chain by hash what was added to the audit log; how many rows."""
    with tenancy.system("chain the audit log"):
        return audit_chain.chain_events()


@shared_task
def log_audit_head() -> str:
    """Every hour: write the chain's head to the log, kept elsewhere than the database; whoever rewrites the chain cannot rewrite that."""
    head = AuditChain.objects.order_by("-event_id").first()
    written = f"{head.event_id}:{bytes(head.digest).hex()}" if head else ""
    log.info("audit.head", head=written)
    return written


@shared_task(name=WORK)
def work_exports() -> int:
    """Make the files of long listings that were asked for: by a nudge, and every minute; how many."""
    return making_exports.work_exports(lambda: datetime.now(UTC))


@shared_task
def forget_exports() -> int:
    """Once a day: remove files of listings whose time is over; how many."""
    return making_exports.forget_exports(datetime.now(UTC))


@shared_task
def tell_of_expiring_keys() -> int:
    """Every hour: write to those whose keys expire in 30 days, in 7, in 1; the number of keys told of."""
    return key_expiry.tell_of_expiry(at=datetime.now(UTC))
