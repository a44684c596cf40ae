"""What each act in the audit log is called in words. An act that is in no table is shown by its code, so nothing is ever hidden."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent
from accounts.roles import Permission

SENTENCES: Final[dict[str, str | Promise]] = {
    "accounts.case.answered": _("answered the case %(target)s"),
    "accounts.case.closed": _("closed the case %(target)s"),
    "accounts.case.moved_on": _("moved the case %(target)s on"),
    "accounts.case.reopened": _("reopened the case %(target)s"),
    "accounts.case.replied": _("replied in the case %(target)s"),
    "accounts.case.submitted": _("submitted the case %(target)s"),
    "accounts.organization.closed": _("closed the organization %(target)s"),
    "accounts.organization.created": _("created the organization %(target)s"),
    "accounts.organization.edited": _("edited the organization %(target)s"),
    "administrator.changed": _("changed what %(target)s may do"),
    "administrator.invited": _("invited %(target)s"),
    "administrator.invited_again": _("invited %(target)s again"),
    "administrator.joined": _("accepted the invitation"),
    "administrator.linked": _("gave %(target)s access to an organization"),
    "administrator.unlinked": _("took access to an organization from %(target)s"),
    "administrator.removed": _("removed the administrator %(target)s"),
    "administrator.restored": _("restored the administrator %(target)s"),
    "administrator.suspended": _("suspended the administrator %(target)s"),
    "api_key.changed": _("changed a key: %(target)s"),
    "api_key.ended": _("ended the former key: %(target)s"),
    "api_key.generated": _("generated a key: %(target)s"),
    "api_key.refused": _("was presented and refused"),
    "api_key.renewed": _("renewed a key: %(target)s"),
    "api_key.revoked": _("revoked a key: %(target)s"),
    "billing.autopay.changed": _("changed autopay"),
    "billing.charge.failed": _("could not charge the invoice %(target)s"),
    "billing.charge.intended": _("ordered a payment of the invoice %(target)s"),
    "billing.charge.succeeded": _("charged the invoice %(target)s"),
    "billing.contract.added": _("added the contract %(target)s"),
    "billing.information.changed": _("changed the billing information"),
    "billing.invoice.credited": _("credited the invoice %(target)s"),
    "billing.invoice.issued": _("issued the invoice %(target)s"),
    "billing.invoice.paid": _("recorded a payment of the invoice %(target)s"),
    "billing.method.added": _("added the payment method %(target)s"),
    "billing.method.default": _("made %(target)s the default payment method"),
    "billing.method.moved": _("moved the payment method %(target)s"),
    "billing.method.removed": _("removed the payment method %(target)s"),
    "billing.method.replaced": _("replaced a payment method by %(target)s"),
    "billing.payment.refunded": _("refunded a payment of the invoice %(target)s"),
    "billing.payment.returned": _("took back a payment of the invoice %(target)s"),
    "provider.changed": _("changed the account's details"),
    "provider.organization_creation_allowed": _("allowed the account to create organizations"),
    "provider.organization_creation_disallowed": _("disallowed the account to create organizations"),
    "provider.restored": _("lifted the account's suspension"),
    "provider.suspended": _("suspended the account for non-payment"),
    "export.asked": _("asked for the file %(target)s"),
    "export.deleted": _("deleted the file %(target)s"),
    "password.changed": _("changed the password"),
    "password.reset": _("set a new password by mail"),
    "recovery_codes.renewed": _("renewed the recovery codes"),
    "second_factor.removed": _("removed the second factor"),
    "second_factor.set_up": _("set up a second factor"),
    "sign_in.entered": _("signed in"),
    "sign_in.failed": _("failed to sign in"),
    "usage.alert.added": _("added the alert %(target)s"),
    "usage.alert.changed": _("changed the alert %(target)s"),
    "usage.alert.muted": _("muted the alert %(target)s"),
    "usage.alert.removed": _("removed the alert %(target)s"),
    "usage.alert.replayed": _("sent the alert %(target)s again"),
    "usage.alert.tested": _("tested the alert %(target)s"),
    "usage.alert.unmuted": _("ended the mute of the alert %(target)s"),
    "usage.cap.begun": _("began the planned user cap of %(target)s"),
    "usage.cap.changed": _("changed the user cap of %(target)s"),
    "usage.cap.dropped": _("dropped the planned user cap of %(target)s"),
    "usage.cap.planned": _("planned a user cap of %(target)s"),
    "usage.cap.returned": _("returned the user cap of %(target)s to the former one"),
    "usage.device.added": _("added the device %(target)s"),
    "usage.device.edited": _("edited the device %(target)s"),
    "usage.device.import_cancelled": _("cancelled an import of devices into %(target)s"),
    "usage.device.imported": _("imported devices into %(target)s"),
    "usage.device.removed": _("removed the device %(target)s"),
    "usage.seat_request.asked": _("asked for more seats at %(target)s"),
    "usage.seat_request.declined": _("declined the request for seats of %(target)s"),
    "usage.seat_request.granted": _("granted the request for seats of %(target)s"),
    "usage.seat_request.withdrawn": _("withdrew the request for seats of %(target)s"),
    "usage.user.activated": _("activated the user %(target)s"),
    "usage.user.added": _("added the user %(target)s"),
    "usage.user.import_cancelled": _("cancelled an import of users into %(target)s"),
    "usage.user.erased": _("erased what was kept of the removed user %(target)s"),
    "usage.user.imported": _("imported users into %(target)s"),
    "usage.user.invitation_accepted": _("accepted the invitation of the user %(target)s"),
    "usage.user.invitation_cancelled": _("ended the invitation of the user %(target)s"),
    "usage.user.invitation_expired": _("removed the user %(target)s, whose invitation expired"),
    "usage.user.invited": _("invited the user %(target)s"),
    "usage.user.invited_again": _("invited the user %(target)s again"),
    "usage.user.moved": _("moved the user %(target)s here from another organization"),
    "usage.user.moved_away": _("moved the user %(target)s to another organization"),
    "usage.user.restored": _("restored the removed user %(target)s"),
    "usage.user.edited": _("edited the user %(target)s"),
    "usage.user.reactivated": _("reactivated the user %(target)s"),
    "usage.user.removed": _("removed the user %(target)s"),
    "usage.user.suspended": _("suspended the user %(target)s"),
    "usage.webhook.added": _("added the webhook %(target)s"),
    "usage.webhook.changed": _("changed the webhook %(target)s"),
    "usage.webhook.paused": _("paused the webhook %(target)s"),
    "usage.webhook.removed": _("removed the webhook %(target)s"),
    "usage.webhook.replayed": _("sent an event again to the webhook %(target)s"),
    "usage.webhook.resumed": _("resumed the webhook %(target)s"),
    "usage.webhook.rotated": _("made a new secret for the webhook %(target)s"),
    "usage.webhook.tested": _("sent a test to the webhook %(target)s"),
}

KINDS: Final[dict[str, tuple[str | Promise, str]]] = {
    "users": (_("Users"), r"^usage\.user\."),
    "devices": (_("Devices"), r"^usage\.device\."),
    "caps": (
        _("User caps"),
        r"^(usage\.(alert|cap|seat_request)\.|refused\.(edit_caps|user_cap_reached|request_seats|(seat_request|alert)_\w+)$)",
    ),
    "organizations": (_("Organizations"), r"^accounts\.organization\."),
    "administrators": (_("Administrators"), r"^administrator\."),
    "keys": (_("API keys"), r"^(api_key\.|refused\.(manage_key|key_))"),
    "webhooks": (_("Webhooks"), r"^(usage\.webhook\.|refused\.(manage_webhooks|webhook_\w+)$)"),
    "cases": (_("Cases"), r"^(accounts\.case\.|refused\.(submit_cases|case_))"),
    "account": (_("Account"), r"^(provider\.|billing\.)"),
    "sign-in": (_("Sign-in"), r"^(sign_in|password|recovery_codes|second_factor)\."),
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
        return gettext("was not allowed to %(act)s") % {"act": Permission(code).label}
    return gettext("was refused: %(message)s") % {"message": event.details.get("message") or code.replace("_", " ")}


def _pairs(before: Any, after: Any) -> dict[str, list[Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: [before.get(name), after[name]] for name in after if before.get(name) != after[name]}
    return {gettext("from"): [before, after]}


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "–" if value in (None, "") else str(value)
