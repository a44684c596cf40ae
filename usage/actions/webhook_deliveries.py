"""Sending on purpose: a test to one endpoint, and an event once more."""

from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, ApiKey
from msp_portal.lib.rules import RuleBroken
from usage.actions.webhooks import body_of, send_after_commit
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.webhook_events import WebhookEvent


class WebhookPaused(RuleBroken):
    message = _("This webhook is paused, so nothing is sent. Resume it first.")
    code = "webhook_paused"


class StillWaiting(RuleBroken):
    message = _("This delivery waits already and is sent as soon as the endpoint is free.")
    code = "webhook_still_waiting"


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint, by: Administrator | ApiKey, at: datetime) -> WebhookDelivery:
    """An event of the type `ping` for this endpoint alone; the delivery, which the worker sends at once.

    :raises WebhookPaused: when nothing is sent there.
    """
    now = _lock(endpoint.pk)
    data = {"webhook": {"id": now.pk, "description": now.description}, "by": str(by)}
    delivery = WebhookDelivery.objects.create(
        provider_id=now.provider_id,
        endpoint=now,
        message_id=f"msg_{_new_id()}",
        type=WebhookEvent.PING,
        body=body_of(WebhookEvent.PING, data, at),
        announced_at=at,
        due_at=at,
    )
    audit.record(by, "usage.webhook.tested", now, at=at)
    send_after_commit()
    return delivery


@transaction.atomic
def replay_delivery(*, delivery: WebhookDelivery, by: Administrator | ApiKey, at: datetime) -> WebhookDelivery:
    """Send the event once more, with the same id and body and a new series of attempts; one that waits for its next attempt is sent now.

    :raises WebhookPaused: when nothing is sent there.
    :raises StillWaiting: when it is about to be sent anyway.
    """
    endpoint = _lock(delivery.endpoint_id)
    now = WebhookDelivery.objects.lock().get(pk=delivery.pk)
    if now.is_waiting and now.due_at <= at:
        raise StillWaiting
    now.replay(by_name=str(by), at=at)
    audit.record(by, "usage.webhook.replayed", endpoint, at=at, message=now.message_id, type=now.type)
    send_after_commit()
    return now


def _lock(endpoint_id: str) -> WebhookEndpoint:
    """The endpoint, ready to be called at once although it failed a moment ago.

    :raises WebhookPaused: when nothing is sent there.
    """
    endpoint = WebhookEndpoint.objects.lock().get(pk=endpoint_id)
    if not endpoint.is_active:
        raise WebhookPaused
    endpoint.be_called_at_once()
    return endpoint


def _new_id() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select portal_new_id()")
        made: str = cursor.fetchone()[0]
        return made
