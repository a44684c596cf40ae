"""The start-up check of the tenants' wall (docs/architecture.md, Tenancy): the public site does not serve behind a wall with a hole."""

from collections.abc import Iterable
from typing import Final

from django.db import connection

# `relacl` and the like are not asked: what a role may do through a grant is bounded by policies, and those are.
STRONG_ROLES: Final = """
    select r.rolname || ' may ' || p.power
    from pg_roles r
    cross join lateral (values (r.rolsuper, 'do everything'), (r.rolbypassrls, 'pass row-level security'),
                               (r.rolcreaterole, 'make roles'), (r.rolcreatedb, 'make databases')) p (has, power)
    where p.has and r.rolname in (session_user, 'portal_tenant')
    union all
    select session_user || ' may act as ' || r.rolname
    from pg_roles r
    where r.rolname not in (session_user, 'portal_tenant') and pg_has_role(session_user, r.oid, 'member')
    union all
    select r.rolname || ' owns ' || c.relname
    from pg_class c join pg_roles r on r.oid = c.relowner
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and r.rolname in (session_user, 'portal_tenant')
    union all
    select r.rolname || ' sees every row of ' || p.polrelid::regclass
    from pg_policy p join pg_roles r on r.oid = any (p.polroles) or 0 = any (p.polroles)
    where p.polpermissive and p.polcmd <> 'a' and pg_get_expr(p.polqual, p.polrelid) = 'true'
      and r.rolname in (session_user, 'portal_tenant')
"""

OPEN_TABLES: Final = """
    select c.relname || ' has no policy for a tenant'
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> all (%s)
      and not (c.relrowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polpermissive
                                            and to_regrole('portal_tenant') = any (p.polroles)))
    union all
    select c.relname || ' is a view that shows what its owner sees'
    from pg_class c
    where c.relnamespace = 'public'::regnamespace
      and (c.relkind = 'm' or c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false))
"""


class WallBreached(Exception):
    """The database's roles or tables let a tenant see another's rows; each breach is one line of the message."""


def check(*, outside: Iterable[str]) -> None:
    """Look at the roles and tables of the database. `outside` names the tables that stand outside the wall on purpose.

    :raises WallBreached: when the login is too strong, or a table or view is open.
    :raises OperationalError: when the database is away; there is nothing to serve then.
    """
    found = breaches(outside=outside)
    connection.close()  # from here on the server makes processes and threads, and a connection belongs to one of them
    if found:
        raise WallBreached("The portal does not serve behind a wall with a hole:\n" + "\n".join(found))


def breaches(*, outside: Iterable[str]) -> list[str]:
    """Each hole in a sentence; empty for a sound wall."""
    with connection.cursor() as cursor:
        cursor.execute(f"{STRONG_ROLES} union all {OPEN_TABLES} order by 1", [sorted(outside)])
        return [sentence for (sentence,) in cursor.fetchall()]
