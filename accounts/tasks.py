"""What the worker does for this app."""

from datetime import UTC, datetime

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from accounts import throttle


@shared_task
def forget_what_is_over() -> int:
    """Once a day: remove sessions that expired and counts of tries that are long over; the number of counts removed."""
    SessionStore.clear_expired()
    return throttle.forget_old(datetime.now(UTC))
