"""The seat gate's refusals in words. The rules themselves are the database's (`usage/migrations/0002_seat_gate.sql`).

    with seat_gate():
        organization.users.create(…)

Forms, API, tasks and the operators' console meet the same four exceptions, however the row came to be written.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from msp_portal.lib.rules import RuleBroken


class UserCapReached(RuleBroken):
    """UC001: the users would grow past the organization's cap. `details`: organization_id, user_cap, users, wanted."""

    code = "user_cap_reached"

    def __init__(self, *, organization_id: str, user_cap: int, users: int, wanted: int) -> None:
        super().__init__(
            _words_at_the_cap(user_cap, users, wanted),
            organization_id=organization_id,
            user_cap=user_cap,
            users=users,
            wanted=wanted,
        )


class ProviderSuspended(RuleBroken):
    """UC002: the provider is suspended for non-payment; everything but new users goes on. `details`: organization_id."""

    message = gettext_lazy("The MSP's account is suspended, so no user can be added. Everything else keeps working.")
    code = "provider_suspended"


class OrganizationClosed(RuleBroken):
    """UC003: a closed organization gets no users or devices. `details`: organization_id."""

    message = gettext_lazy("This organization is closed. Nothing can be added to it.")
    code = "organization_closed"


class OrganizationNotEmpty(RuleBroken):
    """UC004: an organization is closed only when nobody is left in it. `details`: organization_id, users, devices."""

    code = "organization_not_empty"

    def __init__(self, *, organization_id: str, users: int, devices: int) -> None:
        super().__init__(_words_of_who_is_left(users, devices), organization_id=organization_id, users=users, devices=devices)


@contextmanager
def seat_gate() -> Iterator[None]:
    """Turn a refusal of the gate into the rule that it is. The transaction is spoiled then: whoever catches it rolls back first,
    as `carry_out` and `transaction.atomic` do.

    :raises UserCapReached, ProviderSuspended, OrganizationClosed, OrganizationNotEmpty: with nothing written.
    """
    try:
        yield
    except DatabaseError as fault:
        rule = rule_of(fault)
        if rule is None:
            raise
        raise rule from fault


def rule_of(fault: DatabaseError) -> RuleBroken | None:
    """The rule that `fault` stands for; None when it is no refusal of the gate."""
    cause: Any = fault.__cause__
    word = _WORDED.get(getattr(cause, "sqlstate", None) or "")
    return word(json.loads(cause.diag.message_detail)) if word else None


def _cap_reached(told: dict[str, Any]) -> RuleBroken:
    return UserCapReached(
        organization_id=told["organization"], user_cap=told["user_cap"], users=told["users"], wanted=told["wanted"]
    )


def _not_empty(told: dict[str, Any]) -> RuleBroken:
    return OrganizationNotEmpty(organization_id=told["organization"], users=told["users"], devices=told["devices"])


_WORDED: Final = {
    "UC001": _cap_reached,
    "UC002": lambda told: ProviderSuspended(organization_id=told["organization"]),
    "UC003": lambda told: OrganizationClosed(organization_id=told["organization"]),
    "UC004": _not_empty,
}


def _words_at_the_cap(user_cap: int, users: int, wanted: int) -> str:
    left = max(0, user_cap - users)
    if left:
        return ngettext(
            "Only %(left)d of %(user_cap)d seats is left, and %(wanted)d are needed. Nobody was added.",
            "Only %(left)d of %(user_cap)d seats are left, and %(wanted)d are needed. Nobody was added.",
            left,
        ) % {"left": left, "user_cap": user_cap, "wanted": wanted}
    if users > user_cap:
        return _(
            "%(users)d users are here and the user cap is %(user_cap)d. Nobody can be added until fewer than %(user_cap)d are left."
        ) % {
            "users": users,
            "user_cap": user_cap,
        }
    return ngettext(
        "The one seat is taken. Nobody was added.", "All %(user_cap)d seats are taken. Nobody was added.", user_cap
    ) % {"user_cap": user_cap}


def _words_of_who_is_left(users: int, devices: int) -> str:
    left = [
        ngettext("%(number)d user", "%(number)d users", users) % {"number": users} if users else "",
        ngettext("%(number)d device", "%(number)d devices", devices) % {"number": devices} if devices else "",
    ]
    return _("Still here: %(left)s. An organization is closed when nobody is left in it.") % {
        "left": ", ".join(filter(None, left))
    }
