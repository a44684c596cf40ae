"""What a provider does with its webhooks: add, change, pause, rotate the secret, remove."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Provider
from msp_portal.lib.outside_addresses import NotAllowed, target_of
from msp_portal.lib.rules import RuleBroken
from usage import webhook_secrets
from usage.bounds import FORMER_SECRET_KEPT_FOR, WEBHOOKS_MAX
from usage.models import WebhookEndpoint
from usage.webhook_words import ERRORS


class TooManyWebhooks(RuleBroken):
    message = _("You have as many webhooks as there may be. Remove one that is no longer used.")
    code = "webhook_too_many"


class WebhookUrlRefused(RuleBroken):
    """A URL that is not called; where its name leads is looked up when something is sent."""

    code = "webhook_url_refused"
    field = "url"


@transaction.atomic
def add_webhook(
    *, provider: Provider, url: str, description: str, types: Sequence[str], by: Administrator, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """An endpoint that listens to `types` from now on; the row, and its secret, which nobody can show again.

    :raises TooManyWebhooks: when the provider has as many as there may be.
    :raises WebhookUrlRefused: for a URL that is not called.
    """
    _check_url(url)
    Provider.objects.select_for_update(no_key=True).get(pk=provider.pk)
    if WebhookEndpoint.objects.filter(provider=provider).count() >= WEBHOOKS_MAX:
        raise TooManyWebhooks
    secret = webhook_secrets.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        provider=provider,
        url=url,
        description=description,
        types=list(types),
        sealed_secret=webhook_secrets.seal(secret),
        created_at=at,
        created_by_name=by.name,
    )
    audit.record(by, "usage.webhook.added", endpoint, at=at, url=url, types=list(types))
    return endpoint, secret


@transaction.atomic
def change_webhook(
    *, endpoint: WebhookEndpoint, url: str, description: str, types: Sequence[str], by: Administrator, at: datetime
) -> WebhookEndpoint:
    """Listen elsewhere, or to other events. What waits goes to the new address. The endpoint as it is then.

    :raises WebhookUrlRefused: for a URL that is not called.
    """
    _check_url(url)
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    before = {"url": now.url, "description": now.description, "types": now.types}
    after = {"url": url, "description": description, "types": list(types)}
    if before != after:
        now.url, now.description, now.types = url, description, list(types)
        now.save(update_fields=["url", "description", "types"])
        audit.record(by, "usage.webhook.changed", now, at=at, before=before, after=after)
    return now


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, by: Administrator, at: datetime) -> tuple[WebhookEndpoint, str]:
    """A new secret; the endpoint, and the secret, which nobody can show again. The former one signs too for a day, the one before it no more."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    secret = webhook_secrets.new_secret()
    now.former_sealed_secret, now.former_secret_until = now.sealed_secret, at + FORMER_SECRET_KEPT_FOR
    now.sealed_secret = webhook_secrets.seal(secret)
    now.save(update_fields=["former_sealed_secret", "former_secret_until", "sealed_secret"])
    audit.record(by, "usage.webhook.rotated", now, at=at)
    return now, secret


@transaction.atomic
def pause_webhook(*, endpoint: WebhookEndpoint, by: Administrator, at: datetime) -> WebhookEndpoint:
    """Send nothing there until it is resumed: what waits goes on waiting, what happens meanwhile is not told. Pausing twice is pausing once."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    if now.is_active:
        now.pause(by_name=by.name, at=at)
        audit.record(by, "usage.webhook.paused", now, at=at)
    return now


@transaction.atomic
def resume_webhook(*, endpoint: WebhookEndpoint, by: Administrator, at: datetime) -> WebhookEndpoint:
    """Send there again, what waited first."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    if not now.is_active:
        now.resume()
        audit.record(by, "usage.webhook.resumed", now, at=at)
    return now


@transaction.atomic
def remove_webhook(*, endpoint: WebhookEndpoint, by: Administrator, at: datetime) -> None:
    """Remove it with its deliveries. Nothing more is sent there, not even what waits."""
    now = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    audit.record(by, "usage.webhook.removed", now, at=at, url=now.url)
    now.delete()


def _check_url(url: str) -> None:
    try:
        target_of(url)
    except NotAllowed as no:
        raise WebhookUrlRefused(ERRORS[no.code]) from no
