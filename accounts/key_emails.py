"""Mails about keys, to those who may renew them. Nobody asked for them, so they are in the portal's own language."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.utils import translation

from accounts import audit
from accounts.emails import portal_url
from accounts.key_words import ADVICE, REFUSED_BECAUSE
from accounts.models import Administrator, ApiKey
from accounts.roles import Permission
from msp_portal.lib import outbox

CLIENTS_NAMED: Final = 10


def key_expires(key: ApiKey, *, at: datetime) -> None:
    """Say that `key` expires before long, which clients were seen using it, and where to renew it. Call it inside a scope."""
    seen = key.uses.exclude(client="").order_by("-last_used_at").values_list("client", flat=True)
    context = {"days": key.days_left(at), "clients": seen[:CLIENTS_NAMED], "url": portal_url("api-key-renewal", key.pk)}
    _tell_keepers(key, "key_expires", context)


def key_refused(key: ApiKey, *, reason: str, client: str, at: datetime) -> None:
    """Say that `key` was used in vain, when, why, by whom and from where, and what to do. Call it inside a scope."""
    context = {
        "at": at,
        "because": REFUSED_BECAUSE[reason],
        "advice": ADVICE[key.is_live(at)],
        "client": client,
        "address": audit.address.get() or "",
        "url": portal_url("api-keys"),
    }
    _tell_keepers(key, "key_refused", context)


def _tell_keepers(key: ApiKey, template: str, context: dict[str, Any]) -> None:
    """One mail to each administrator who may renew the key."""
    keepers = Administrator.objects.filter(provider_id=key.provider_id).who_may(Permission.MANAGE_KEY).reaching_all()
    provider = key.provider
    with translation.override(settings.LANGUAGE_CODE):
        for person in keepers:
            words = {**context, "key": key, "name": person.name, "provider_name": provider.name, "zone": provider.time_zone}
            outbox.mail(person.email, template, words, provider_id=provider.pk)
