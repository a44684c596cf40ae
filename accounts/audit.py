"""Writing the audit log. One call for acts and refusals, in the transaction of the change."""

import json
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from django.db import connection, models

from accounts.models import Administrator, ApiKey, AuditEvent, Person

NUL: Final = "\\u0000"
REPLACED: Final = "\\ufffd"
INSERT: Final = """
    insert into accounts_auditevent (provider_id, organization_id, at, action, outcome, actor_kind, actor_id, actor_name,
                                     target_kind, target_id, target_name, details, address)
    values (%s, %s, coalesce(%s, clock_timestamp()), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""

INSERT_MANY: Final = """
    insert into accounts_auditevent (provider_id, organization_id, at, action, outcome, actor_kind, actor_id, actor_name,
                                     target_kind, target_id, target_name, details, address)
    select %s, id, %s, %s, %s, %s, %s, %s, 'organization', id, name, details::jsonb, %s
    from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as organization (id, name, details, place) order by place
"""


class Stranger:
    """Someone who has not shown who it is, such as whoever fails to sign in."""


Actor = Administrator | ApiKey | Person | Stranger | None

address: ContextVar[str | None] = ContextVar("address", default=None)
"""Where the present request comes from; set by the doors."""


def record(
    by: Actor,
    action: str,
    target: models.Model | None = None,
    *,
    provider_id: str | None = None,
    organization_id: str | None = None,
    outcome: AuditEvent.Outcome = AuditEvent.Outcome.DONE,
    at: datetime | None = None,
    **details: Any,
) -> None:
    """Add one event. Provider and organization are taken from the target or the actor where they are not given.

    It is plain SQL because a writer may add what it may not read, and Django's INSERT reads the new id back.
    """
    kind, actor_id, actor_name = _actor(by)
    provider_id = provider_id or getattr(target, "provider_id", None) or getattr(by, "provider_id", None)
    organization_id = organization_id or _organization_of(target)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                *(provider_id, organization_id, at, action, outcome, kind, actor_id, actor_name[:255]),
                *(_kind_of(target), str(target.pk) if target else "", str(target)[:255] if target else ""),
                *(_json(details), address.get()),
            ],
        )


def record_of_organizations(
    by: Administrator | ApiKey, action: str, organizations: Sequence[tuple[str, str, dict[str, Any]]], *, at: datetime
) -> None:
    """Add one event for each of `organizations`, all of the actor's provider, given as id, name and details; one statement."""
    kind, actor_id, actor_name = _actor(by)
    ids, names, details = zip(*organizations, strict=True) if organizations else ((), (), ())
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_MANY,
            [
                *(by.provider_id, at, action, AuditEvent.Outcome.DONE, kind, actor_id, actor_name[:255], address.get()),
                *(list(ids), [name[:255] for name in names], [_json(each) for each in details]),
            ],
        )


def _json(details: dict[str, Any]) -> str:
    """What Postgres can keep of `details`: NUL, which a client may write into an address, is no character there."""
    return json.dumps(details, default=str).replace(NUL, REPLACED)


def _actor(by: Actor) -> tuple[str, str, str]:
    kinds = AuditEvent.ActorKind
    match by:
        case Administrator():
            return kinds.ADMINISTRATOR, by.pk, by.name
        case ApiKey():
            return kinds.API_KEY, by.pk, str(by)
        case Person():
            return kinds.OPERATOR, by.pk, by.name
        case Stranger():
            return kinds.UNKNOWN, "", ""
    return kinds.SYSTEM, "", ""


def _kind_of(target: models.Model | None) -> str:
    return target._meta.model_name or "" if target else ""


def _organization_of(target: models.Model | None) -> str | None:
    if target is None:
        return None
    return target.pk if _kind_of(target) == "organization" else getattr(target, "organization_id", None)
