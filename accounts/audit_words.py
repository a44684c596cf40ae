"""What each act in the audit log is called in words. An act that is in no table is shown by its code, so nothing is ever hidden."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AuditEvent
from accounts.roles import Permission

N: Final = gettext_lazy

SENTENCES: Final[dict[str, str | Promise]] = {
    "accounts.organization.closed": N("closed the organization %(target)s"),
    "accounts.organization.created": N("created the organization %(target)s"),
    "accounts.organization.edited": N("edited the organization %(target)s"),
    "administrator.changed": N("changed what %(target)s may do"),
    "administrator.invited": N("invited %(target)s"),
    "administrator.invited_again": N("invited %(target)s again"),
    "administrator.joined": N("accepted the invitation"),
    "administrator.removed": N("removed the administrator %(target)s"),
    "administrator.restored": N("restored the administrator %(target)s"),
    "administrator.suspended": N("suspended the administrator %(target)s"),
    "api_key.ended": N("ended the former key: %(target)s"),
    "api_key.generated": N("generated a key: %(target)s"),
    "api_key.refused": N("was presented and refused"),
    "api_key.revoked": N("revoked a key: %(target)s"),
    "billing.contract.added": N("added the contract %(target)s"),
    "billing.information.changed": N("changed the billing information"),
    "billing.invoice.credited": N("credited the invoice %(target)s"),
    "billing.invoice.issued": N("issued the invoice %(target)s"),
    "billing.invoice.paid": N("recorded a payment of the invoice %(target)s"),
    "provider.changed": N("changed the account's details"),
    "provider.restored": N("lifted the account's suspension"),
    "provider.suspended": N("suspended the account for non-payment"),
    "password.changed": N("changed the password"),
    "password.reset": N("set a new password by mail"),
    "recovery_codes.renewed": N("renewed the recovery codes"),
    "second_factor.removed": N("removed the second factor"),
    "second_factor.set_up": N("set up a second factor"),
    "sign_in.entered": N("signed in"),
    "sign_in.failed": N("failed to sign in"),
    "usage.cap.changed": N("changed the user cap of %(target)s"),
    "usage.device.added": N("added the device %(target)s"),
    "usage.device.edited": N("edited the device %(target)s"),
    "usage.device.removed": N("removed the device %(target)s"),
    "usage.user.added": N("added the user %(target)s"),
    "usage.user.edited": N("edited the user %(target)s"),
    "usage.user.reactivated": N("reactivated the user %(target)s"),
    "usage.user.removed": N("removed the user %(target)s"),
    "usage.user.suspended": N("suspended the user %(target)s"),
}

KINDS: Final[dict[str, tuple[str | Promise, str]]] = {
    "users": (N("Users"), r"^usage\.user\."),
    "devices": (N("Devices"), r"^usage\.device\."),
    "caps": (N("User caps"), r"^(usage\.cap\.|refused\.(edit_caps|user_cap_reached)$)"),
    "organizations": (N("Organizations"), r"^accounts\.organization\."),
    "administrators": (N("Administrators"), r"^administrator\."),
    "keys": (N("API keys"), r"^(api_key\.|refused\.(manage_key|key_))"),
    "account": (N("Account"), r"^(provider\.|billing\.)"),
    "sign-in": (N("Sign-in"), r"^(sign_in|password|recovery_codes|second_factor)\."),
}
"""What the reader narrows the log to: the words, and the regular expression of the acts' codes."""


def sentence_of(event: AuditEvent) -> str:
    """What was done, or tried, to follow the actor's name: `changed the user cap of Acme Dental`."""
    if event.action.startswith("refused."):
        return _tried(event)
    words = SENTENCES.get(event.action)
    if words is None:
        return f"{event.action.replace('.', ' ').replace('_', ' ')} {event.target_name}".strip()
    return str(words) % {"target": event.target_name or "–"}


def changes_of(event: AuditEvent) -> list[str]:
    """What changed, each as `name: before → after`."""
    details: dict[str, Any] = event.details
    pairs = dict(details.get("changes") or {})
    if "before" in details and "after" in details:
        pairs |= _pairs(details["before"], details["after"])
    return [f"{name.replace('_', ' ')}: {_value(pair[0])} → {_value(pair[1])}" for name, pair in pairs.items() if _is_pair(pair)]


def _tried(event: AuditEvent) -> str:
    code = event.action.removeprefix("refused.")
    if code in Permission.values:
        return _("was not allowed to %(act)s") % {"act": Permission(code).label}
    return _("was refused: %(message)s") % {"message": event.details.get("message") or code.replace("_", " ")}


def _pairs(before: Any, after: Any) -> dict[str, list[Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}
    return {_("from"): [before, after]}


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "–" if value in (None, "") else str(value)
