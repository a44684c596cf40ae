"""`/api/v2/providers/{provider_id}/usage/webhooks…`: where the provider's own systems listen, and what was sent there (docs/webhooks.md).

A key can prove nothing before an act, so the owners are written to after it (docs/decisions/0023).
"""

from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.answers import SaidOnce, no_content
from msp_portal.lib.wire.texts import PublicId
from usage.actions.webhook_deliveries import replay_delivery, send_test
from usage.actions.webhook_endpoints import (
    add_webhook,
    change_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
    rotate_secret,
)
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.models.webhook import WebhookDeliveryQuerySet
from usage.webhook_events import heard_by
from usage.wire_usage import TAG
from usage.wire_webhooks import (
    DELIVERIES,
    ENDPOINTS,
    WEBHOOK,
    WEBHOOKS,
    DeliveryBody,
    DeliveryList,
    NewWebhook,
    WebhookBody,
    WebhookChange,
    WebhookList,
    WebhookWithSecret,
    WholeDeliveryBody,
    delivery_body,
    webhook_body,
    whole_delivery,
)

router = Router(tags=[TAG])

SCOPE: Final = Permission.MANAGE_WEBHOOKS
DELIVERY: Final = WEBHOOK + "/deliveries/{delivery_id}"


@endpoint(router, "GET", WEBHOOKS, scope=SCOPE, name="usage_listWebhooks", answer=WebhookList, parameters=parameters.LIST)
def list_webhooks(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The provider's webhooks. Secrets are never shown again."""
    return ENDPOINTS.answer(request, request.mine(WebhookEndpoint.objects.all()))


@endpoint(router, "POST", WEBHOOKS, scope=SCOPE, name="usage_createWebhook", answer=WebhookWithSecret, status=201)
def create(request: ApiRequest, provider_id: PublicId, payload: NewWebhook) -> HttpResponse:
    """Send events to an address from now on. The `secret` of the answer is shown this once, and whoever may manage webhooks is told by mail."""
    made, secret = add_webhook(
        provider=request.provider,
        url=payload.url,
        description=payload.description,
        types=payload.events or heard_by(licenses=_sees_licenses(request)),
        by=request.key,
        at=request.at,
    )
    return _with_secret(made, secret, status=201)


@endpoint(router, "GET", WEBHOOK, scope=SCOPE, name="usage_getWebhook", answer=WebhookBody)
def get(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId) -> HttpResponse:
    """One webhook, and how it fares."""
    return _shown(_found(request, webhook_id))


@endpoint(router, "PUT", WEBHOOK, scope=SCOPE, name="usage_changeWebhook", answer=WebhookBody)
def change(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId, payload: WebhookChange) -> HttpResponse:
    """Send elsewhere or other events, pause or resume. What waits goes to the new address. A new address is told by mail, as a new webhook is."""
    found = _found(request, webhook_id)
    found = change_webhook(endpoint=found, by=request.key, at=request.at, **payload.terms(found))
    if payload.active is not None:
        found = (resume_webhook if payload.active else pause_webhook)(endpoint=found, by=request.key, at=request.at)
    return _shown(found)


@endpoint(router, "DELETE", WEBHOOK, scope=SCOPE, name="usage_removeWebhook", answer=None, status=204)
def remove(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId) -> HttpResponse:
    """Remove it with its deliveries. Nothing more is sent there, not even what waits."""
    remove_webhook(endpoint=_found(request, webhook_id), by=request.key, at=request.at)
    return no_content()


@endpoint(router, "POST", WEBHOOK + "/secret", scope=SCOPE, name="usage_rotateWebhookSecret", answer=WebhookWithSecret)
def rotate(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId) -> HttpResponse:
    """Make a new secret, which is shown this once. The former one signs as well for a day. It is told by mail, as a new webhook is."""
    return _with_secret(*rotate_secret(endpoint=_found(request, webhook_id), by=request.key, at=request.at))


@endpoint(router, "POST", WEBHOOK + "/test", scope=SCOPE, name="usage_testWebhook", answer=DeliveryBody)
def test(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId) -> HttpResponse:
    """Send a `ping` there. The answer is its delivery, which is on its way; 409 while the webhook is paused."""
    sent = send_test(endpoint=_found(request, webhook_id), by=request.key, at=request.at)
    return _delivered(request, webhook_id, sent.pk)


@endpoint(
    router,
    "GET",
    WEBHOOK + "/deliveries",
    scope=SCOPE,
    name="usage_listWebhookDeliveries",
    answer=DeliveryList,
    parameters=parameters.LIST,
)
def list_deliveries(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId) -> HttpResponse:
    """What was sent there in the last 30 days, the newest first; events of licences for keys that may see them. What never got through: `filter=state:eq:FAILED`."""
    return DELIVERIES.answer(request, _deliveries(request, _found(request, webhook_id).pk))


@endpoint(router, "GET", DELIVERY, scope=SCOPE, name="usage_getWebhookDelivery", answer=WholeDeliveryBody)
def get_delivery(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId, delivery_id: PublicId) -> HttpResponse:
    """One delivery, with what is sent, and each attempt with its answer."""
    return whole_delivery(get_object_or_404(_deliveries(request, webhook_id), pk=delivery_id))


@endpoint(router, "POST", DELIVERY + "/replay", scope=SCOPE, name="usage_replayWebhookDelivery", answer=DeliveryBody)
def replay(request: ApiRequest, provider_id: PublicId, webhook_id: PublicId, delivery_id: PublicId) -> HttpResponse:
    """Send the event once more, under the same `webhook-id`, in a new series of attempts. 409 while the webhook is paused, or it is due anyway."""
    found = get_object_or_404(_deliveries(request, webhook_id).select_related("endpoint"), pk=delivery_id)
    replay_delivery(delivery=found, by=request.key, at=request.at)
    return _delivered(request, webhook_id, delivery_id)


def _found(request: ApiRequest, webhook_id: str) -> WebhookEndpoint:
    return get_object_or_404(request.mine(WebhookEndpoint.objects.all()), pk=webhook_id)


def _deliveries(request: ApiRequest, webhook_id: str) -> WebhookDeliveryQuerySet:
    mine: WebhookDeliveryQuerySet = request.mine(WebhookDelivery.objects.all())  # type: ignore[assignment]  # that it stays
    return mine.filter(endpoint_id=webhook_id).visible(licenses=_sees_licenses(request)).counted()


def _sees_licenses(request: ApiRequest) -> bool:
    return request.key.may(Permission.SEE_LICENSES)


def _shown(found: WebhookEndpoint) -> JsonResponse:
    body: Any = webhook_body(found)
    return JsonResponse(body)


def _with_secret(found: WebhookEndpoint, secret: str, status: int = 200) -> SaidOnce:
    return SaidOnce(webhook_body(found), {"secret": secret}, status=status)


def _delivered(request: ApiRequest, webhook_id: str, delivery_id: str) -> JsonResponse:
    body: Any = delivery_body(_deliveries(request, webhook_id).get(pk=delivery_id))
    return JsonResponse(body)
