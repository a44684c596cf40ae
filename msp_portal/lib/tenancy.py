"""Entering a tenant. Row-level security is the wall (docs/architecture.md, Tenancy); this is its only gate.

    with tenancy.scope(provider.pk, administrator.reach):
        ...   # every statement sees this provider's rows and no others

The role and the tenant are set for one transaction only, in one round trip, and end with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import connection, transaction

log = structlog.get_logger(__name__)

ENTER = """
    select set_config('role', %s, true), set_config('portal.provider', %s, true),
           set_config('portal.administrator', %s, true), set_config('portal.reach', %s, true),
           set_config('portal.actor', %s, true)
"""


@dataclass(frozen=True)
class Reach:
    """How far a scope sees: the whole `provider`, only `some` organizations of it, or as the administrator of one `organization`.

    The latter two see the organizations that `administrator_id` has access rows for.
    """

    kind: str = "provider"
    administrator_id: str = ""


WHOLE: Final = Reach()
NOWHERE: Final = ("none", "", "", "", "")

_inside: ContextVar[str | None] = ContextVar("tenant", default=None)


class AlreadyInScope(Exception):
    """A scope was opened inside another: a bug, as the inner one would change what the outer one sees."""


class NotTheSystem(Exception):
    """`system()` was asked for by a process that logs in as someone else."""


def current() -> str | None:
    """The id of the provider whose scope is open, or None outside."""
    return _inside.get()


@contextmanager
def scope(provider_id: str, reach: Reach = WHOLE, actor: str = "", *, frozen: bool = False) -> Iterator[None]:
    """Open a durable transaction that sees one provider's rows, through `reach`. `actor` is the name that the seat ledger notes.

    With `frozen` all its statements see the rows as the first one did, and none may write.

    :raises AlreadyInScope: inside another scope.
    :raises RuntimeError: inside another transaction (Django's `durable`).
    """
    if current() is not None:
        raise AlreadyInScope(provider_id)
    embedded = connection.in_atomic_block  # only a test's own transaction can be: `durable` refuses others
    token = _inside.set(provider_id)
    try:
        with transaction.atomic(durable=True):
            if frozen and not embedded:
                _freeze()
            _set("portal_tenant", provider_id, reach.administrator_id, reach.kind, actor)
            yield
            if embedded and not connection.needs_rollback:  # releasing a savepoint keeps settings; a commit drops them
                _set(*NOWHERE)
    finally:
        _inside.reset(token)


@contextmanager
def system(reason: str) -> Iterator[None]:
    """Work over all providers, for a `reason` that goes to the log; only in processes that log in as the system.

    :raises NotTheSystem: in the public web process.
    """
    if not sees_everything():
        raise NotTheSystem(reason)
    log.info("tenancy.system", reason=reason)
    with transaction.atomic():
        yield


def sees_everything() -> bool:
    """Whether this connection's login has the policies of `portal_system`."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_has_role(session_user, 'portal_system', 'usage')")
        return bool(cursor.fetchone()[0])


def _freeze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")


def _set(*settings: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENTER, settings)
