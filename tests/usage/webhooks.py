"""What tests of webhooks have in common: an endpoint with a secret that is known."""

from django.utils import timezone

from usage import webhook_secrets
from usage.models import WebhookEndpoint
from usage.webhook_events import LISTENED_TO

SECRET = webhook_secrets.new_secret()


def endpoint(provider, url="https://hooks.northwind.example/portal", *, types=LISTENED_TO, **fields):
    """An active endpoint that listens to everything unless `types` says otherwise."""
    return WebhookEndpoint.objects.create(
        provider=provider,
        url=url,
        types=list(types),
        sealed_secret=webhook_secrets.seal(SECRET),
        created_at=timezone.now(),
        created_by_name="Ada Berg",
        **fields,
    )
