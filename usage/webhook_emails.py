"""Mails about webhooks, to those who may manage them. Nobody asked for them, so they are in the portal's own language."""

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import audit
from accounts.emails import portal_url
from accounts.models import Administrator, ApiKey
from accounts.models.administrator import AdministratorQuerySet
from accounts.roles import Permission
from msp_portal.lib import outbox
from usage.models import WebhookEndpoint


def tell_of_failing(endpoint: WebhookEndpoint) -> None:
    """Say since when nothing gets through to `endpoint`, and whether it was paused for that. Call it inside the transaction that notes so."""
    provider = endpoint.provider
    with translation.override(settings.LANGUAGE_CODE):
        for person in _keepers(endpoint):
            words = {
                "endpoint": endpoint,
                "name": person.name,
                "provider_name": provider.name,
                "zone": provider.time_zone,
                "url": portal_url("webhook", endpoint.pk),
            }
            outbox.mail(person.email, "webhook_failing", words, provider_id=provider.pk)


def added_by_key(endpoint: WebhookEndpoint, *, key: ApiKey, at: datetime) -> None:
    """Say where `key` lets events go, when, from where, and what to do. Call it inside the transaction that does it; so the two below."""
    with translation.override(settings.LANGUAGE_CODE):
        _tell_of_key(endpoint, key, _("The key “%(key)s” added a webhook to %(host)s"), at)


def moved_by_key(endpoint: WebhookEndpoint, *, key: ApiKey, at: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        _tell_of_key(endpoint, key, _("The key “%(key)s” changed the address of a webhook to %(host)s"), at)


def rotated_by_key(endpoint: WebhookEndpoint, *, key: ApiKey, at: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        _tell_of_key(endpoint, key, _("The key “%(key)s” made a new secret for the webhook to %(host)s"), at)


def _tell_of_key(endpoint: WebhookEndpoint, key: ApiKey, what: str, at: datetime) -> None:
    provider = endpoint.provider
    words = {
        "what": what % {"key": key, "host": endpoint.host},
        "advice": _("If you did not expect this, remove the webhook, and revoke the key or renew it: then this one ends."),
        "endpoint": endpoint,
        "provider_name": provider.name,
        "at": at,
        "zone": provider.time_zone,
        "address": audit.address.get() or "",
        "webhook_url": portal_url("webhook", endpoint.pk),
        "key_url": portal_url("api-keys"),
    }
    for person in _keepers(endpoint):
        outbox.mail(person.email, "webhook_by_key", {**words, "name": person.name}, provider_id=provider.pk)


def _keepers(endpoint: WebhookEndpoint) -> AdministratorQuerySet:
    return Administrator.objects.filter(provider=endpoint.provider).who_may(Permission.MANAGE_WEBHOOKS).reaching_all()
