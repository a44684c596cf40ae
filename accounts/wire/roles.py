"""Roles on the wire: an identifier for each, and the vendor's words for what it may do (design: provider-api 1.0, Scopes)."""

import hashlib
from collections.abc import Mapping
from typing import Final

from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from msp_portal.lib.wire.answers import refuse

P = Permission

ROLE_IDS: Final[dict[Role, str]] = {role: hashlib.sha256(f"role {role.value}".encode()).hexdigest()[:24] for role in MSP_ROLES}
"""Clients keep a role by its identifier, so it is made of the name alone: the same at every provider and for ever."""

ROLES_BY_ID: Final = {identifier: role for role, identifier in ROLE_IDS.items()}
ROLES_BY_NAME: Final = {role.value: role for role in MSP_ROLES}

SCOPES: Final[dict[Permission, tuple[str, ...]]] = {
    P.SEE_ACCOUNT: ("providers.readonly",),
    P.EDIT_ACCOUNT: ("providers",),
    P.MANAGE_KEY: (),
    P.SEE_USAGE: (),
    P.EDIT_CAPS: ("organizations.billing",),
    P.SEE_LICENSES: ("subscriptions.readonly",),
    P.SEE_INVOICES: ("billing",),
    P.EDIT_BILLING: (),
    P.SEE_ADMINISTRATORS: ("administrators.readonly",),
    P.EDIT_ADMINISTRATORS: ("administrators",),
    P.SEE_ORGANIZATIONS: ("organizations.readonly",),
    P.EDIT_ORGANIZATIONS: ("organizations",),
    P.SEE_USERS: ("users.readonly", "systems.readonly"),
    P.SUSPEND_USERS: (),
    P.EDIT_USERS: ("users", "systems"),
    P.SEE_ACTIVITY: (),
    P.SEE_CASES: ("support.readonly",),
    P.SUBMIT_CASES: ("support",),
    P.MANAGE_WEBHOOKS: (),
    P.REQUEST_SEATS: (),
}
"""None where the vendor has no word, or only one that would promise more."""


def scopes_of(role: Role) -> list[str]:
    """What the role may do, in the vendor's words, by the alphabet."""
    return sorted({scope for permission in PERMISSIONS[role] for scope in SCOPES[permission]})


def description_of(role: Role) -> str:
    """What the role may do, in ours."""
    return f"May {', '.join(str(permission.label) for permission in Permission if permission in PERMISSIONS[role])}."


def role_asked_for(identifier: str | None, name: str | None) -> Role:
    """The role that a request names by identifier, by name, or by both alike; by neither, the one that may least.

    :raises WireError: 400 for a role that is none of the MSP's, and for two different ones.
    """
    asked = [
        *([_known("role", identifier, ROLES_BY_ID)] if identifier is not None else []),
        *([_known("roleName", name, ROLES_BY_NAME)] if name is not None else []),
    ]
    if len(set(asked)) > 1:
        raise refuse("roleName", "role and roleName name two different roles. Send one of them.")
    return asked[0] if asked else Role.READ_ONLY


def _known(field: str, written: str, roles: Mapping[str, Role]) -> Role:
    if written not in roles:
        raise refuse(field, f"There is no such role. Known: {', '.join(roles)}.")
    return roles[written]
