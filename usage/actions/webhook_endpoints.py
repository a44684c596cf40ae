"""What a provider does with its webhooks: add, change, pause, rotate the secret, remove."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, ApiKey, Provider
from accounts.roles import Permission
from msp_portal.lib.outside_addresses import NotAllowed, target_of
from msp_portal.lib.rules import RuleBroken
from usage import webhook_emails, webhook_secrets
from usage.bounds import FORMER_SECRET_KEPT_FOR, WEBHOOKS_MAX
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.webhook_events import OF_LICENSES, heard_by
from usage.webhook_words import ERRORS

Keeper = Administrator | ApiKey
"""Who manages webhooks. What a key does to where events go is told by mail at once, as it cannot prove who holds it (docs/decisions/0023)."""


class TooManyWebhooks(RuleBroken):
    message = _("You have as many webhooks as there may be. Remove one that is no longer used.")
    code = "webhook_too_many"


class LicencesNotToHear(RuleBroken):
    """Where figures go is decided by those who may see them."""

    message = _("Events of licences are for those who may see licence figures. Ask an Administrator With Billing.")
    code = "webhook_of_licenses"
    field = "types"


class WebhookUrlRefused(RuleBroken):
    """A URL that is not called; where its name leads is looked up when something is sent."""

    code = "webhook_url_refused"
    field = "url"


@transaction.atomic
def add_webhook(
    *, provider: Provider, url: str, description: str, types: Sequence[str], by: Keeper, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """An endpoint that listens to `types` from now on; the row, and its secret, which nobody can show again.

    :raises TooManyWebhooks: when the provider has as many as there may be.
    :raises WebhookUrlRefused: for a URL that is not called.
    :raises LicencesNotToHear: when it would tell what `by` may not see.
    """
    _check_url(url)
    _check_types(types, by)
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
        created_by_name=str(by),
    )
    audit.record(by, "usage.webhook.added", endpoint, at=at, url=endpoint.origin, types=list(types))
    if isinstance(by, ApiKey):
        webhook_emails.added_by_key(endpoint, key=by, at=at)
    return endpoint, secret


@transaction.atomic
def change_webhook(
    *, endpoint: WebhookEndpoint, url: str, description: str, types: Sequence[str], by: Keeper, at: datetime
) -> WebhookEndpoint:
    """Listen elsewhere, or to other events. What waits goes to the new address. The endpoint as it is then.

    :raises WebhookUrlRefused: for a URL that is not called.
    :raises LicencesNotToHear: when it tells, or would tell, what `by` may not see.
    """
    _check_url(url)
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    wanted = {"url": url, "description": description, "types": list(types)}
    changed = [field for field, value in wanted.items() if getattr(now, field) != value]
    if changed:
        _check_types([*now.types, *types, *_licences_kept(now)], by)
        before = _told(now)
        now.url, now.description, now.types = url, description, list(types)
        now.save(update_fields=changed)
        audit.record(by, "usage.webhook.changed", now, at=at, before=before, after=_told(now), fields=changed)
    if isinstance(by, ApiKey) and "url" in changed:
        webhook_emails.moved_by_key(now, key=by, at=at)
    return now


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, by: Keeper, at: datetime) -> tuple[WebhookEndpoint, str]:
    """A new secret; the endpoint, and the secret, which nobody can show again. The former one signs too for a day, the one before it no more."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    secret = webhook_secrets.new_secret()
    now.former_sealed_secret, now.former_secret_until = now.sealed_secret, at + FORMER_SECRET_KEPT_FOR
    now.sealed_secret = webhook_secrets.seal(secret)
    now.save(update_fields=["former_sealed_secret", "former_secret_until", "sealed_secret"])
    audit.record(by, "usage.webhook.rotated", now, at=at)
    if isinstance(by, ApiKey):
        webhook_emails.rotated_by_key(now, key=by, at=at)
    return now, secret


@transaction.atomic
def pause_webhook(*, endpoint: WebhookEndpoint, by: Keeper, at: datetime) -> WebhookEndpoint:
    """Send nothing there until it is resumed: what waits goes on waiting, what happens meanwhile is not told. Pausing twice is pausing once."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    if now.is_active:
        now.pause(by_name=str(by), at=at)
        audit.record(by, "usage.webhook.paused", now, at=at)
    return now


@transaction.atomic
def resume_webhook(*, endpoint: WebhookEndpoint, by: Keeper, at: datetime) -> WebhookEndpoint:
    """Send there again, what waited first."""
    now = WebhookEndpoint.objects.lock().get(pk=endpoint.pk)
    if not now.is_active:
        now.resume()
        audit.record(by, "usage.webhook.resumed", now, at=at)
    return now


@transaction.atomic
def remove_webhook(*, endpoint: WebhookEndpoint, by: Keeper, at: datetime) -> None:
    """Remove it with its deliveries. Nothing more is sent there, not even what waits."""
    now = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    audit.record(by, "usage.webhook.removed", now, at=at, url=now.origin)
    now.delete()


def _told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What the log says of it, to more readers than may manage webhooks: no path, as `origin` says why."""
    return {"url": endpoint.origin, "description": endpoint.description, "types": endpoint.types}


def _licences_kept(endpoint: WebhookEndpoint) -> list[str]:
    """The events of licences among its deliveries: one that waits would go to a new address, too."""
    kept = WebhookDelivery.objects.filter(endpoint=endpoint, type__in=OF_LICENSES)
    return list(kept.values_list("type", flat=True).distinct())


def _check_types(types: Sequence[str], by: Keeper) -> None:
    if not set(types) <= set(heard_by(licenses=by.may(Permission.SEE_LICENSES))):
        raise LicencesNotToHear


def _check_url(url: str) -> None:
    try:
        target_of(url)
    except NotAllowed as no:
        raise WebhookUrlRefused(ERRORS[no.code]) from no
