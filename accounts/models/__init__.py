"""One file a subject; import from here."""

from accounts.models.administrator import Access, Administrator
from accounts.models.api_key import ApiKey, ApiKeyUse
from accounts.models.audit import AuditChain, AuditEvent
from accounts.models.base import TenantRow
from accounts.models.export import Export, ExportPiece
from accounts.models.idempotent_answer import IdempotentAnswer
from accounts.models.person import Operator, Person
from accounts.models.provider import Organization, Provider
from accounts.models.support_case import SupportCase, SupportMessage
from accounts.models.throttle import SignInAttempts

__all__ = [
    "Access",
    "Administrator",
    "ApiKey",
    "ApiKeyUse",
    "AuditChain",
    "AuditEvent",
    "Export",
    "ExportPiece",
    "IdempotentAnswer",
    "Operator",
    "Organization",
    "Person",
    "Provider",
    "SignInAttempts",
    "SupportCase",
    "SupportMessage",
    "TenantRow",
]
