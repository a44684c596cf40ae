"""The mail about a webhook that fails, to those who may mend it. Nobody asked for it, so it is in the portal's own language."""

from django.conf import settings
from django.utils import translation

from accounts.emails import portal_url
from accounts.models import Administrator
from accounts.roles import Permission
from msp_portal.lib import outbox
from usage.models import WebhookEndpoint


def tell_of_failing(endpoint: WebhookEndpoint) -> None:
    """Say since when nothing gets through to `endpoint`, and whether it was paused for that. Call it inside the transaction that notes so."""
    provider = endpoint.provider
    keepers = Administrator.objects.filter(provider=provider).who_may(Permission.MANAGE_WEBHOOKS).reaching_all()
    with translation.override(settings.LANGUAGE_CODE):
        for person in keepers:
            words = {
                "endpoint": endpoint,
                "name": person.name,
                "provider_name": provider.name,
                "zone": provider.time_zone,
                "url": portal_url("webhook", endpoint.pk),
            }
            outbox.mail(person.email, "webhook_failing", words, provider_id=provider.pk)
