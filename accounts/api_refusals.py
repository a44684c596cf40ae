"""What the JSON API answers when it refuses, and the audit log's line about it."""

from typing import Any, Final

from django.http import HttpRequest, JsonResponse
from ninja.errors import ValidationError

from accounts import audit
from accounts.models import ApiKey, AuditEvent, Provider
from accounts.roles import Permission
from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.wire.answers import WireError, bad_field, json_error

REFUSED: Final = AuditEvent.Outcome.REFUSED
CAP_REACHED: Final = "This organization has reached its user limit. Contact your MSP administrator to add more users."

STATUS_OF: Final = {
    "edit_caps": 400,
    "reaches_all": 400,
    "seat_request_beyond_asked": 400,
    "user_name_taken": 400,
    "webhook_url_refused": 400,
    "provider_suspended": 402,
    "organization_creation_disallowed": 403,
    "role_beyond_own": 403,
    "webhook_of_licenses": 403,
    "administrator_removed": 404,
    "organization_closed": 409,
}
"""Of a rule's code; a conflict (409) unless it stands here, as the vendor's API has it."""
WIRE_NAMES: Final = {"user_name": "username", "limited": "bindNoOrgs", "types": "events"}
"""What the wire calls a field that rules name as the forms do, where the two differ."""


class NotAllowed(Exception):
    """The key's role lacks a permission."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission)
        self.permission = permission


def answer_to(request: HttpRequest, refusal: Exception) -> JsonResponse:
    """The answer that words `refusal`; one of those that the door catches."""
    match refusal:
        case WireError():
            return refusal.answer()
        case NotAllowed():
            return json_error(403, f"The role of this key may not {refusal.permission.label}.")
        case RuleBroken(code="user_cap_reached"):
            return _cap_reached(request.key.provider_id, refusal)  # type: ignore[attr-defined]  # the door put it there
        case RuleBroken():
            return _broken(refusal)
        case ValidationError():
            return _invalid(refusal)
    return json_error(404)


def note(request: HttpRequest, refusal: Exception) -> None:
    """Write what the audit log keeps of a refusal, in a transaction of its own: the request's was rolled back."""
    key: ApiKey = request.key  # type: ignore[attr-defined]
    told: dict[str, Any]
    match refusal:
        case NotAllowed():
            action, told = f"refused.{refusal.permission.value}", {"path": request.path, "method": request.method}
        case RuleBroken():
            action, told = f"refused.{refusal.code}", {**refusal.details, "message": str(refusal)}
        case _:
            return
    organization_id = told.pop("organization_id", None)
    at = request.at  # type: ignore[attr-defined]
    with tenancy.scope(key.provider_id, actor=str(key)):
        audit.record(key, action, organization_id=organization_id, outcome=REFUSED, at=at, **told)


def _cap_reached(provider_id: str, rule: RuleBroken) -> JsonResponse:
    """The contract's words, and what a script needs to go on: which organization, how full it is, and whom to ask."""
    told = rule.details
    with tenancy.scope(provider_id):  # the request's own has ended
        provider = Provider.objects.get(pk=provider_id)
    contact = {"name": provider.contact_name, "email": provider.contact_email, "phone": provider.contact_phone}
    return json_error(
        400,
        CAP_REACHED,
        error=CAP_REACHED,
        organization=told["organization_id"],
        cap=told["user_cap"],
        current=told["users"],
        contact=contact,
    )


def _broken(rule: RuleBroken) -> JsonResponse:
    details = [bad_field(WIRE_NAMES.get(rule.field, rule.field), str(rule))] if rule.field else None
    return WireError(STATUS_OF.get(rule.code, 409), str(rule), details=details).answer()


def _invalid(refusal: ValidationError) -> JsonResponse:
    """400 with every part of the request that is not as described."""
    found = [(".".join(str(part) for part in error["loc"] if part not in _WRAPPERS), error["msg"]) for error in refusal.errors]
    details = [bad_field(place, words) for place, words in found[:20]]
    message = "; ".join(f"{place}: {words}" if place else words for place, words in found[:3])
    return json_error(400, f"Bad Request: {message}", details=details)


_WRAPPERS: Final = {"body", "query", "path", "header", "payload"}
"""How ninja says where a value stood; the name of the value says enough."""
