"""The webhooks of one provider of the sample: one that gets everything, and one that the portal gave up. Nobody is called: their hosts do not exist."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from accounts import audit
from accounts.models import Administrator, Provider
from accounts.roles import Role
from usage import webhook_call, webhook_data, webhook_secrets
from usage.actions.webhook_endpoints import add_webhook
from usage.actions.webhooks import body_of
from usage.models import SeatRequest, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from usage.webhook_events import LISTENED_TO, WebhookEvent

State = WebhookDelivery.State


def make_webhooks(provider: Provider, administrators: Sequence[Administrator], at: datetime) -> None:
    """Both, with the provider's requests for seats as the events that were told."""
    owner = next(one for one in administrators if one.provider_id == provider.pk and one.role == Role.ADMINISTRATOR_WITH_BILLING)
    began = at - timedelta(days=200)
    bridge = _add(provider, "Ticket bridge", "https://tickets.northwind.example/hooks/portal", LISTENED_TO, owner, began)
    seat_events = [WebhookEvent.SEAT_REQUEST_OPENED, WebhookEvent.SEAT_REQUEST_DECLINED]
    chat = _add(provider, "Chat room of the service desk", "https://chat.northwind.example/in/8f2c", seat_events, owner, began)
    for request in SeatRequest.objects.filter(provider=provider).select_related("organization").order_by("asked_at"):
        _tell(bridge, request, [503, 200])
    _give_up(chat, at)


def _add(
    provider: Provider, name: str, url: str, types: Sequence[WebhookEvent], by: Administrator, at: datetime
) -> WebhookEndpoint:
    made, _secret = add_webhook(provider=provider, url=url, description=name, types=types, by=by, at=at)
    return made


def _tell(endpoint: WebhookEndpoint, request: SeatRequest, answers: Sequence[int]) -> None:
    """That the request was opened, with what was answered at each attempt, a minute apart; the last one took it."""
    at = request.asked_at.astimezone(UTC)
    body = body_of(WebhookEvent.SEAT_REQUEST_OPENED, webhook_data.seat_request(request), at)
    delivery = WebhookDelivery.objects.create(
        provider_id=endpoint.provider_id,
        endpoint=endpoint,
        message_id=f"msg_{request.pk}",
        type=WebhookEvent.SEAT_REQUEST_OPENED,
        body=body,
        announced_at=at,
        due_at=at,
        tries=len(answers),
        state=State.DELIVERED,
        settled_at=at + timedelta(minutes=len(answers) - 1),
    )
    secret = webhook_secrets.opened(endpoint.sealed_secret)
    for number, status in enumerate(answers):
        tried_at = at + timedelta(minutes=number)
        WebhookAttempt.objects.create(
            provider_id=endpoint.provider_id,
            delivery=delivery,
            at=tried_at,
            signature=webhook_call.signature_of(delivery.message_id, body, [secret], tried_at),
            milliseconds=84,
            status=status,
            answer="ok" if status == 200 else "restarting",
        )
    endpoint.last_success_at = delivery.settled_at
    endpoint.save(update_fields=["last_success_at"])


def _give_up(endpoint: WebhookEndpoint, at: datetime) -> None:
    """Longer ago than deliveries are kept."""
    endpoint.failing_since = at - timedelta(days=41)
    endpoint.save(update_fields=["failing_since"])
    paused_at = at - timedelta(days=36)
    endpoint.pause(by_name="", at=paused_at)
    audit.record(None, "usage.webhook.paused", endpoint, at=paused_at, failing_since=endpoint.failing_since)
