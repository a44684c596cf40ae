"""The operators' door to whom and where to bill, as the MSP keeps it."""

from django.contrib import admin

from accounts.console import ReadOnlyAdmin
from billing.models import BillingInformation, PaymentMethod


@admin.register(BillingInformation)
class BillingInformationAdmin(ReadOnlyAdmin[BillingInformation]):
    """Whom and where to bill, as the MSP keeps it."""

    list_display = ("provider", "company", "contact_name", "contact_email", "country")
    list_select_related = ("provider",)
    search_fields = ("provider__name", "company", "contact_email")
    ordering = ("provider__name",)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnlyAdmin[PaymentMethod]):
    """What is known of the methods; numbers of cards and accounts never reach this server."""

    list_display = ("__str__", "provider", "kind", "place", "expires_on", "removed_at")
    list_filter = ("kind",)
    list_select_related = ("provider",)
    search_fields = ("provider__name", "brand")
    ordering = ("provider__name", "place")
