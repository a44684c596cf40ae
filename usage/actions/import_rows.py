"""The rows of an import, many at a time: each of these is one statement, however long the file is."""

import json
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from usage.import_file import Row
from usage.models import UserImport

KEEP: Final = """
    insert into usage_userimportrow (provider_id, organization_id, user_import_id, line, user_name, email, first_name, last_name, state, faults)
    select %s, %s, %s, n.* from unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[]) n
"""
MARK_TWICE: Final = """
    update usage_userimportrow r set faults = faults || '["user_name:twice"]'
    from (select lower(user_name) as name from usage_userimportrow where user_import_id = %s and user_name <> ''
          group by 1 having count(*) > 1) d
    where r.user_import_id = %s and lower(r.user_name) = d.name
"""
MARK_TAKEN: Final = """
    update usage_userimportrow r set faults = faults || '["user_name:taken"]'
    from usage_user u
    where r.user_import_id = %s and u.organization_id = %s and lower(u.user_name) = lower(r.user_name)
"""
# In the order of the names, so that two who write the same names wait for each other and do not meet crosswise.
ADD: Final = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state, suspended_at)
    select r.provider_id, r.organization_id, r.user_name, r.email, r.first_name, r.last_name, r.state,
           case r.state when 'suspended' then now() end
    from usage_userimportrow r where r.user_import_id = %s order by lower(r.user_name)
"""


def keep_rows(found: UserImport, rows: Sequence[Row]) -> None:
    """Put what was read behind the wall, where the users are made of it."""
    columns = [
        *(list(cells) for cells in zip(*((row.line, *row.typed.values(), row.state) for row in rows), strict=True)),
        [json.dumps(row.faults) for row in rows],
    ]
    _execute(KEEP, [found.provider_id, found.organization_id, found.pk, *columns])


def mark_names_in_use(found: UserImport) -> None:
    """Note at each row whose name stands in the file twice, and whose is taken, by the rule of the unique index: case does not count."""
    _execute(MARK_TWICE, [found.pk, found.pk])
    mark_names_taken(found)


def mark_names_taken(found: UserImport) -> None:
    """Note at each row that someone in the organization has the name."""
    _execute(MARK_TAKEN, [found.pk, found.organization_id])


def add_users(found: UserImport) -> int:
    """Make the users, all in one statement through the gate; their number."""
    return _execute(ADD, [found.pk])


def _execute(statement: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
