from django.apps import AppConfig


class BillingConfig(AppConfig):
    """What it costs: packages, contracts, invoices, payments, payment methods."""

    name = "billing"

    def ready(self) -> None:
        """Let the outbox know what this app delivers."""
        from billing.actions import detaching  # noqa: F401
