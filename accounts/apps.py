from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: persons, providers, organizations, administrators, keys, the audit log."""

    name = "accounts"

    def ready(self) -> None:
        """Let the outbox know what this app delivers."""
        from accounts import emails  # noqa: F401
