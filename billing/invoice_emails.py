"""Mails about invoices. Nobody asked for them, so they are in the portal's own language."""

from django.conf import settings
from django.utils import translation

from accounts.emails import portal_url
from accounts.models import Administrator
from accounts.roles import Permission
from billing.models import BillingInformation, Invoice
from msp_portal.lib import outbox


def invoice_issued(invoice: Invoice) -> None:
    """Say that `invoice` was issued, its amount, until when it is to be paid and how. Call it in the transaction that issues it."""
    context = {"invoice": invoice, "company": invoice.billed_to["company"], "url": portal_url("invoice", invoice.pk)}
    recipients = recipients_of(invoice.provider_id)
    if recipients:
        with translation.override(settings.LANGUAGE_CODE):
            outbox.mail(recipients, "invoice_issued", context, provider_id=invoice.provider_id)


def recipients_of(provider_id: str) -> list[str]:
    """Who gets the provider's invoices: those it named, else its billing contact, else its administrators who look after billing."""
    information = BillingInformation.objects.filter(provider_id=provider_id).first()
    if information:
        return information.recipients or [information.contact_email]
    keepers = Administrator.objects.filter(provider_id=provider_id).who_may(Permission.EDIT_BILLING).reaching_all()
    return list(keepers.values_list("email", flat=True))
