"""Webhooks of the provider: the list, a new one, and one with its deliveries; changed, paused, given another secret, removed."""

from functools import partial
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.doors import ProviderRequest
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import Choice, TableQuery
from usage.actions.webhook_endpoints import (
    add_webhook,
    change_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
    rotate_secret,
)
from usage.bounds import FORMER_SECRET_KEPT_FOR
from usage.forms.webhooks import WebhookForm, initial_of
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.models.webhook import WebhookDeliveryQuerySet
from usage.views.webhook_lookup import deliveries_of, trail, url_of, webhook_door, webhook_of
from usage.webhook_events import LISTENED_TO, WebhookEvent

FORM: Final = "webhooks/form.html"
SECRET: Final = "webhooks/secret.html"  # noqa: S105 - a template
COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {"announced": ("announced_at", "pk"), "event": ("type", "announced_at")}
STATES: Final = {
    state.value: Choice(state.label, partial(WebhookDeliveryQuerySet.in_state, state=state)) for state in WebhookDelivery.State
}


@webhook_door("GET")
def webhooks(request: ProviderRequest) -> HttpResponse:
    """`/account/webhooks/`"""
    every = WebhookEndpoint.objects.filter(provider=request.provider).by_age()
    shown = {"webhooks": every, "events": LISTENED_TO, "zone": request.provider.time_zone, "trail": trail()}
    return page(request, "webhooks/webhooks.html", shown)


@never_cache
@webhook_door("GET", "POST", fresh=True)
def webhook_new(request: ProviderRequest) -> HttpResponse:
    """`/account/webhooks/new/`: the form, then the secret, once."""
    form = _form(request, {"types": LISTENED_TO})
    shown = {"form": form, "action": request.path, "back": reverse("webhooks"), "trail": trail(_("New webhook"))}
    if not carry_out(form, add_webhook, provider=request.provider, by=request.administrator, at=request.at):
        return page(request, FORM, shown, fragment="webhook-form", status=422 if form.is_bound else 200)
    endpoint, secret = form.result
    shown |= {"webhook": endpoint, "secret": secret, "done": url_of(endpoint)}
    return page(request, FORM, shown, fragment="new-secret", target="webhook-form")


@webhook_door("GET")
def webhook(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    """`/account/webhooks/<id>/`: what it is, how it fares, and what was sent there."""
    return webhook_page(request, webhook_of(request, webhook_id))


@webhook_door("GET", "POST")
def settings(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    endpoint = webhook_of(request, webhook_id)
    form = _form(request, initial_of(endpoint))
    if carry_out(form, change_webhook, endpoint=endpoint, by=request.administrator, at=request.at):
        return redirect_to(request, url_of(endpoint), _("Webhook saved."))
    shown = {"form": form, "webhook": endpoint, "action": request.path, "back": url_of(endpoint)}
    shown["trail"] = trail((str(endpoint), url_of(endpoint)), _("Edit"))
    return page(request, FORM, shown, fragment="webhook-form", status=422 if form.is_bound else 200)


@webhook_door("POST")
def pause(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    endpoint = webhook_of(request, webhook_id)
    pause_webhook(endpoint=endpoint, by=request.administrator, at=request.at)
    return redirect_to(request, url_of(endpoint), _("Webhook paused."))


@webhook_door("POST")
def resume(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    endpoint = webhook_of(request, webhook_id)
    resume_webhook(endpoint=endpoint, by=request.administrator, at=request.at)
    return redirect_to(request, url_of(endpoint), _("Webhook resumed."))


@never_cache
@webhook_door("GET", "POST", fresh=True)
def secret(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    """`/account/webhooks/<id>/secret/`: what a new secret means, then the secret, once."""
    endpoint = webhook_of(request, webhook_id)
    form = forms.Form(_posted(request))
    shown = {
        "form": form,
        "webhook": endpoint,
        "hours": int(FORMER_SECRET_KEPT_FOR.total_seconds() // 3600),
        "action": request.path,
        "back": url_of(endpoint),
        "trail": trail((str(endpoint), url_of(endpoint)), _("New secret")),
    }
    if not carry_out(form, rotate_secret, endpoint=endpoint, by=request.administrator, at=request.at):
        return page(request, SECRET, shown, fragment="rotation", status=422 if form.is_bound else 200)
    endpoint, plain = form.result  # type: ignore[attr-defined]  # `carry_out` notes what was made
    shown |= {"webhook": endpoint, "secret": plain, "done": url_of(endpoint), "zone": request.provider.time_zone}
    return page(request, SECRET, shown, fragment="new-secret", target="rotation")


@webhook_door("GET", "POST")
def removal(request: ProviderRequest, webhook_id: str) -> HttpResponse:
    endpoint = webhook_of(request, webhook_id)
    form = forms.Form(_posted(request))
    if carry_out(form, remove_webhook, endpoint=endpoint, by=request.administrator, at=request.at):
        return redirect_to(request, reverse("webhooks"), _("Webhook removed."))
    shown = {"webhook": endpoint, "form": form, "trail": trail((str(endpoint), url_of(endpoint)), _("Remove"))}
    return page(request, "webhooks/removal.html", shown, fragment="removal", status=422 if form.is_bound else 200)


def webhook_page(request: ProviderRequest, endpoint: WebhookEndpoint, refused: forms.Form | None = None) -> HttpResponse:
    """The page of one; with a form that was refused, what it was refused with."""
    table = TableQuery.from_request(request.GET, columns=COLUMNS, default="-announced", filters={"state": STATES})
    shown: dict[str, Any] = {
        "webhook": endpoint,
        "events": [WebhookEvent(each).label for each in endpoint.types],
        "table": table,
        "page": table.page(deliveries_of(request).filter(endpoint=endpoint).counted()),
        "refused": refused,
        "at": request.at,
        "zone": request.provider.time_zone,
        "trail": trail(str(endpoint)),
    }
    return page(request, "webhooks/webhook.html", shown, fragment="webhook-deliveries", status=409 if refused else 200)


def _form(request: ProviderRequest, initial: dict[str, Any]) -> WebhookForm:
    return WebhookForm(_posted(request), licenses=request.administrator.may(Permission.SEE_LICENSES), initial=initial)


def _posted(request: ProviderRequest) -> Any:
    return request.POST if request.method == "POST" else None
