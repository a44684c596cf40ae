from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What it costs: packages, contracts, invoices, payments, payment methods."""

    name = "billing"
