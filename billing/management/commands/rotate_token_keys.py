"""Seals the payment methods' tokens anew with the newest of TOKEN_KEYS, so that the older keys can be dropped."""

from typing import Any

from django.core.management.base import BaseCommand

from billing.models import PaymentMethod
from billing.tokens import resealed
from msp_portal.lib import tenancy


class Command(BaseCommand):
    help = "Seal the payment methods' tokens anew with the first key of TOKEN_KEYS. Safe to stop and to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each row in a transaction of its own.

        :raises TokenLost: at the first token that no key opens; those before it are sealed anew.
        """
        with tenancy.system("rotate token keys"):
            waiting = list(PaymentMethod.objects.exclude(sealed_token="").order_by("pk").values_list("pk", flat=True))
        for pk in waiting:
            with tenancy.system("rotate token keys"):
                method = PaymentMethod.objects.select_for_update().get(pk=pk)
                method.sealed_token = resealed(method.sealed_token)
                method.save(update_fields=["sealed_token"])
        self.stdout.write(f"{len(waiting)} tokens are sealed with the newest key.")
