"""What the worker does for the tools."""

from datetime import UTC, datetime

from celery import shared_task

from msp_portal.lib import outbox


@shared_task
def sweep_outbox() -> int:
    """Deliver what is due; asked for after each commit that wrote something, and every minute in any case."""
    return outbox.sweep(lambda: datetime.now(UTC))


@shared_task
def forget_sent() -> int:
    """Once a day: remove what was sent a month ago; the number removed."""
    return outbox.forget_sent(datetime.now(UTC))
