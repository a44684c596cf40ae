"""Who may do what: the one table, for the pages and for API keys alike (design: product, "Who may do what")."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Permission(models.TextChoices):
    """What a door can ask for. The label completes the sentence "Only … may …"."""

    SEE_ACCOUNT = "see_account", _("see the account")
    EDIT_ACCOUNT = "edit_account", _("edit the account's details")
    MANAGE_KEY = "manage_key", _("generate API keys")
    SEE_USAGE = "see_usage", _("see usage and user caps")
    EDIT_CAPS = "edit_caps", _("edit user caps")
    SEE_LICENSES = "see_licenses", _("see the contract and licence figures")
    SEE_INVOICES = "see_invoices", _("see invoices")
    EDIT_BILLING = "edit_billing", _("pay invoices or edit billing information")
    SEE_ADMINISTRATORS = "see_administrators", _("see administrators")
    EDIT_ADMINISTRATORS = "edit_administrators", _("invite and change administrators")
    SEE_ORGANIZATIONS = "see_organizations", _("see organizations")
    EDIT_ORGANIZATIONS = "edit_organizations", _("create, rename and close organizations")
    SEE_USERS = "see_users", _("see users and devices")
    SUSPEND_USERS = "suspend_users", _("suspend and reactivate users")
    EDIT_USERS = "edit_users", _("add and remove users and devices")
    MANAGE_WEBHOOKS = "manage_webhooks", _("manage webhooks")
    REQUEST_SEATS = "request_seats", _("ask for more seats")
    SEE_ACTIVITY = "see_activity", _("see the activity")
    SEE_CASES = "see_cases", _("see support cases")
    SUBMIT_CASES = "submit_cases", _("submit support cases")


class Role(models.TextChoices):
    """The word is what the API says as `roleName`."""

    ADMINISTRATOR_WITH_BILLING = "Administrator With Billing", _("Administrator With Billing")
    ADMINISTRATOR = "Administrator", _("Administrator")
    BILLING_ONLY = "Billing Only", _("Billing Only")
    MANAGER = "Manager", _("Manager")
    HELP_DESK = "Help Desk", _("Help Desk")
    READ_ONLY = "Read Only", _("Read Only")
    ORGANIZATION_ADMINISTRATOR = "Organization Administrator", _("Organization Administrator")


P = Permission
_ANYONE: Final = {P.SEE_ACCOUNT, P.SEE_USAGE, P.SEE_CASES}
_AT_WORK: Final = _ANYONE | {P.SUBMIT_CASES}  # all but those who only read
_SEE_ALL: Final = {P.SEE_ADMINISTRATORS, P.SEE_ORGANIZATIONS, P.SEE_USERS}

PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADMINISTRATOR_WITH_BILLING: frozenset(P),
    # A key only if allowed: `Administrator.may` adds MANAGE_KEY for those with api_access_at.
    Role.ADMINISTRATOR: frozenset(
        _AT_WORK | _SEE_ALL | {P.EDIT_ACCOUNT, P.SUSPEND_USERS, P.EDIT_USERS, P.SEE_ACTIVITY, P.MANAGE_WEBHOOKS}
    ),
    Role.BILLING_ONLY: frozenset(_AT_WORK | {P.SEE_LICENSES, P.SEE_INVOICES, P.EDIT_BILLING}),
    Role.MANAGER: frozenset(_AT_WORK | _SEE_ALL | {P.SUSPEND_USERS, P.EDIT_USERS}),
    Role.HELP_DESK: frozenset(_AT_WORK | {P.SEE_USERS, P.SUSPEND_USERS}),
    Role.READ_ONLY: frozenset(_ANYONE | _SEE_ALL | {P.SEE_ACTIVITY}),
    Role.ORGANIZATION_ADMINISTRATOR: frozenset({P.SEE_USERS, P.SUSPEND_USERS, P.EDIT_USERS, P.REQUEST_SEATS}),
}

MSP_ROLES: Final = [role for role in Role if role is not Role.ORGANIZATION_ADMINISTRATOR]
# Given organizations are all that these roles see (design: "in the orgs given").
LIMITED_ROLES: Final = {Role.MANAGER, Role.HELP_DESK}
UNLIMITED_ROLES: Final = {Role.ADMINISTRATOR_WITH_BILLING}  # always reaches every organization

NO_KEY_MAY: Final = frozenset({P.MANAGE_KEY, P.EDIT_BILLING})  # administrators: docs/decisions/0011; webhooks: 0023


def roles_with(permission: Permission) -> list[Role]:
    """The roles that have `permission`; a refusal names them as those who can help."""
    return [role for role in Role if permission in PERMISSIONS[role]]


def is_within(role: Role, other: Role) -> bool:
    """Whether `role` may do no more than `other`: what someone with `other` may give away."""
    return PERMISSIONS[role] <= PERMISSIONS[other]


def roles_within(role: Role) -> list[Role]:
    """The MSP's roles that may do no more than `role`, itself first: what someone with it may give to a key."""
    within = [other for other in MSP_ROLES if is_within(other, role)]
    return sorted(within, key=lambda other: other is not role)
