from django.apps import AppConfig


class UsageConfig(AppConfig):
    """How many: users, devices, seats, caps, marks, licence totals."""

    name = "usage"

    def ready(self) -> None:
        """Let the outbox know what this app delivers."""
        from usage import alert_emails, seat_request_emails  # noqa: F401
