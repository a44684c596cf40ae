"""Mails about payment methods: a notice after each change, and a card that expires. Nobody asked for them, so they are in the portal's own language."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation

from accounts.emails import portal_url
from accounts.models import Administrator, Provider
from accounts.roles import Permission
from billing.models import BillingInformation, PaymentMethod
from msp_portal.lib import outbox


def method_added(method: PaymentMethod, *, by: str, at: datetime, instead_of: PaymentMethod | None = None) -> None:
    """Say that a card or bank account came on file, maybe instead of another."""
    _tell(method, "method_changed", {"by": by, "at": at, "is_removed": False, "instead_of": instead_of})


def method_removed(method: PaymentMethod, *, by: str, at: datetime) -> None:
    """Say that one was taken off the file."""
    _tell(method, "method_changed", {"by": by, "at": at, "is_removed": True, "instead_of": None})


def card_expires(method: PaymentMethod, *, is_expired: bool) -> None:
    """Say that a card expires before long, or has expired, and where to replace it."""
    _tell(method, "card_expires", {"is_expired": is_expired})


def addresses_of(provider: Provider) -> list[str]:
    """Those who pay, each once: the billing contact, the recipients of invoices, and the administrators who may edit billing."""
    information = BillingInformation.objects.filter(provider=provider).first()
    written = [information.contact_email, *information.recipients] if information else []
    editors = Administrator.objects.filter(provider=provider).who_may(Permission.EDIT_BILLING)
    everyone = [*written, *editors.values_list("email", flat=True)]
    return list({address.lower(): address for address in reversed(everyone)}.values())[::-1]


def _tell(method: PaymentMethod, template: str, context: dict[str, Any]) -> None:
    provider = method.provider
    words = {
        **context,
        "method": method,
        "provider_name": provider.name,
        "zone": provider.time_zone,
        "url": portal_url("billing"),
    }
    with translation.override(settings.LANGUAGE_CODE):
        for address in addresses_of(provider):
            outbox.mail(address, template, words, provider_id=provider.pk)
