from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who: persons, providers, organizations, administrators, keys, the audit log."""

    name = "accounts"
