"""What the worker does for this app."""

from datetime import UTC, datetime
from typing import Final

from celery import shared_task

from msp_portal.lib import nudge
from usage.actions import expiring_invitations, removed_users, sending_webhooks, working_imports
from usage.actions.cap_changes import follow_cap_changes as follow
from usage.actions.finding_alerts import find_crossings, find_license_crossings
from usage.actions.imports import WORK
from usage.actions.licence_totals import recompute
from usage.actions.rises import work_out_rises as work_out
from usage.actions.telling_alerts import tell_crossings
from usage.actions.webhooks import DELIVER

WORK_OUT_RISES: Final = "usage.tasks.work_out_rises"


@shared_task(name="usage.tasks.recompute_licence_totals")
def recompute_licence_totals() -> None:
    """Roll the months that turned, fill every missing hourly slot, recount, and see whether licences crossed a threshold: hourly and at the
    worker's start."""
    recompute(at=datetime.now(UTC))
    find_license_crossings(at=datetime.now(UTC))
    tell_crossings(at=datetime.now(UTC))
    nudge.worker(WORK_OUT_RISES)


@shared_task(name=WORK_OUT_RISES)
def work_out_rises() -> int:
    """Work out what forecasts are made of, once a day of each provider: after the hourly totals, which do not wait for it; of how many."""
    return work_out(at=datetime.now(UTC))


@shared_task(name="usage.tasks.follow_cap_changes")
def follow_cap_changes() -> None:
    """Begin and end the caps whose time has come: every minute, and whatever was slept over with the first."""
    follow(at=datetime.now(UTC))


@shared_task(name="usage.tasks.watch_alerts")
def watch_alerts() -> int:
    """Find what crossed a threshold and tell of it: every minute, whatever was slept over with the first; how many crossings were told of."""
    find_crossings()
    return tell_crossings(at=datetime.now(UTC))


@shared_task(name=WORK)
def work_imports() -> int:
    """Check files of users that were sent, and add the users of those confirmed: by a nudge, and every minute; how many."""
    return working_imports.work_imports(lambda: datetime.now(UTC))


@shared_task(name="usage.tasks.forget_imports")
def forget_imports() -> int:
    """Once a day: remove files of users that nobody answered for a week; how many."""
    return working_imports.forget_imports(datetime.now(UTC))


@shared_task(name="usage.tasks.expire_user_invitations")
def expire_user_invitations() -> int:
    """Every minute: remove the users whose invitations ended without an answer, and whatever was slept over with the first; how many."""
    return expiring_invitations.expire_invitations(at=datetime.now(UTC))


@shared_task(name="usage.tasks.forget_users")
def forget_users() -> int:
    """Once a day: erase what was kept of users removed long ago, and invitations that are over; how many rows."""
    now = datetime.now(UTC)
    return removed_users.forget_removed(now) + expiring_invitations.forget_invitations(now)


@shared_task(name=DELIVER)
def deliver_webhooks() -> int:
    """Send the webhooks that are due: by a nudge, and every minute; the number of calls made."""
    return sending_webhooks.deliver(lambda: datetime.now(UTC))


@shared_task(name="usage.tasks.forget_webhook_deliveries")
def forget_webhook_deliveries() -> int:
    """Once a day: remove deliveries of webhooks of a month ago; how many."""
    return sending_webhooks.forget_deliveries(datetime.now(UTC))
