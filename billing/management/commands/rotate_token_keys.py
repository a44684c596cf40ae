"""Seals the payment methods' tokens and the webhooks' secrets anew with the newest of TOKEN_KEYS and WEBHOOK_KEYS, so that the older can be dropped."""

from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import models

from billing import tokens
from billing.models import PaymentMethod
from msp_portal.lib import tenancy
from usage import webhook_secrets
from usage.models import WebhookEndpoint

SEALED: Final[list[tuple[type[models.Model], str, Callable[[str], str]]]] = [
    (PaymentMethod, "sealed_token", tokens.resealed),
    (WebhookEndpoint, "sealed_secret", webhook_secrets.resealed),
    (WebhookEndpoint, "former_sealed_secret", webhook_secrets.resealed),
]


class Command(BaseCommand):
    help = "Seal tokens and webhook secrets anew with the first key of TOKEN_KEYS and of WEBHOOK_KEYS. Safe to stop and to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each row in a transaction of its own.

        :raises SealLost: at the first that no key opens; those before it are sealed anew.
        """
        for model, column, resealed in SEALED:
            number = _seal_anew(model, column, resealed)
            self.stdout.write(f"{number} {model._meta.verbose_name_plural}: {column} is sealed with the newest key.")


def _seal_anew(model: type[models.Model], column: str, resealed: Callable[[str], str]) -> int:
    rows = model._default_manager
    with tenancy.system("rotate token keys"):
        waiting = list(rows.exclude(**{column: ""}).order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        with tenancy.system("rotate token keys"):
            row = rows.select_for_update().get(pk=pk)
            setattr(row, column, resealed(getattr(row, column)))
            row.save(update_fields=[column])
    return len(waiting)
