"""Which tables stand outside the tenants' wall, and why. The start-up check and a walk fail on any table that is in no list and under no policy."""

from typing import Final

IDENTITY_TABLES: Final = frozenset(
    {
        "accounts_person",
        "accounts_operator",
        "accounts_signinattempts",
        "account_emailaddress",
        "account_emailconfirmation",
        "billing_webhookevent",
        "mfa_authenticator",
        "django_session",
    }
)
"""Read before a tenant is known; the public web process has narrow grants on them, a tenant's scope none."""

GLOBAL_TABLES: Final = frozenset(
    {
        "accounts_auditchain",
        "usage_alertbookmark",
        "billing_invoiceseries",
        "billing_package",
        "billing_taxrate",
        "portal_mailboxmessage",
        "auth_group",
        "auth_group_permissions",
        "auth_permission",
        "django_admin_log",
        "django_content_type",
        "django_migrations",
    }
)
"""Of the portal as a whole, or of no interest to any tenant. Sold by name: packages, tax rates."""
