"""What was sent to a webhook: one delivery with every attempt, sent again, and the test."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from usage.actions.webhook_deliveries import replay_delivery, send_test
from usage.models import WebhookDelivery
from usage.views.webhook_lookup import deliveries_of, trail, url_of, webhook_door, webhook_of
from usage.views.webhooks import webhook_page
from usage.webhook_call import headers_of
from usage.webhook_words import ERRORS


@webhook_door("POST")
def test(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    endpoint, form = webhook_of(request, webhook_id), forms.Form(request.POST)
    if carry_out(form, send_test, endpoint=endpoint, by=request.administrator, at=request.at):
        return redirect_to(request, _url(form.result))  # type: ignore[attr-defined]  # `carry_out` notes what was made
    return webhook_page(request, endpoint, refused=form)


@webhook_door("GET")
def delivery(request: ProviderRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    """`/account/webhooks/<id>/deliveries/<id>/`: it follows the worker while an attempt is due."""
    return _page(request, _found(request, webhook_id, delivery_id))


@webhook_door("POST")
def replay(request: ProviderRequest, webhook_id: str, delivery_id: str) -> HttpResponse:
    found, form = _found(request, webhook_id, delivery_id), forms.Form(request.POST)
    if carry_out(form, replay_delivery, delivery=found, by=request.administrator, at=request.at):
        return redirect_to(request, _url(found))
    return _page(request, found, form)


def _found(request: ProviderRequest, webhook_id: str, delivery_id: str) -> WebhookDelivery:
    mine = deliveries_of(request).filter(endpoint_id=webhook_id).select_related("endpoint")
    return get_object_or_404(mine, pk=delivery_id)


def _url(found: WebhookDelivery) -> str:
    return reverse("webhook-delivery", args=[found.endpoint_id, found.pk])


def _page(request: ProviderRequest, found: WebhookDelivery, refused: forms.Form | None = None) -> HttpResponse:
    attempts = list(found.attempts.order_by("-at", "-pk"))
    last = attempts[0] if attempts else None
    shown = {
        "delivery": found,
        "webhook": found.endpoint,
        "attempts": [(attempt, ERRORS.get(attempt.error, "")) for attempt in attempts],
        "headers": headers_of(found.message_id, last.signature, last.timestamp) if last else {},
        "follows": found.is_waiting and found.due_at <= request.at and found.endpoint.is_active,
        "refused": refused,
        "zone": request.provider.time_zone,
        "trail": trail((str(found.endpoint), url_of(found.endpoint)), _("Delivery")),
    }
    return page(request, "webhooks/delivery.html", shown, fragment="webhook-delivery", status=409 if refused else 200)
