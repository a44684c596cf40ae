"""The rows of an import, many at a time: each of these is one statement, however long the file is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from usage.import_kinds import Row
from usage.models import StagedImport

KEEP: Final = """
    insert into usage_stagedrow (provider_id, organization_id, staged_import_id, line, cells, faults, warnings)
    select %s, %s, %s, n.*, '[]' from unnest(%s::int[], %s::jsonb[], %s::jsonb[]) n
"""
MARK_USER_TWICE: Final = """
    update usage_stagedrow r set faults = faults || '["user_name:twice"]'
    from (select lower(cells ->> 'user_name') as name from usage_stagedrow
          where staged_import_id = %(staged)s and cells ->> 'user_name' <> '' group by 1 having count(*) > 1) d
    where r.staged_import_id = %(staged)s and lower(r.cells ->> 'user_name') = d.name
"""
MARK_USER_TAKEN: Final = """
    update usage_stagedrow r set faults = faults || '["user_name:taken"]'
    from usage_user u
    where r.staged_import_id = %(staged)s and u.organization_id = %(organization)s
      and lower(u.user_name) = lower(r.cells ->> 'user_name')
"""
WITHOUT_LOOPS: Final = "set local enable_nestloop = off"
# What tells two devices apart: the serial number, and the name where there is none.
MARK_DEVICE_TWICE: Final = """
    update usage_stagedrow r set warnings = warnings || jsonb_build_array(d.told || ':twice')
    from (select id, told, count(*) over (partition by told, lower(cells ->> told)) as times
          from (select id, cells, case when cells ->> 'serial_number' = '' then 'name' else 'serial_number' end as told
                from usage_stagedrow where staged_import_id = %(staged)s) t) d
    where r.id = d.id and d.times > 1
"""
MARK_SERIAL_NUMBER_HERE: Final = """
    update usage_stagedrow r set warnings = warnings || '["serial_number:here"]'
    from usage_device d
    where r.staged_import_id = %(staged)s and d.organization_id = %(organization)s
      and r.cells ->> 'serial_number' <> '' and lower(d.serial_number) = lower(r.cells ->> 'serial_number')
"""
MARK_DEVICE_NAME_HERE: Final = """
    update usage_stagedrow r set warnings = warnings || '["name:here"]'
    from usage_device d
    where r.staged_import_id = %(staged)s and d.organization_id = %(organization)s
      and r.cells ->> 'serial_number' = '' and lower(d.name) = lower(r.cells ->> 'name')
"""
# In the order of the names, so that two who write the same names wait for each other and do not meet crosswise.
ADD_USERS: Final = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state, suspended_at)
    select r.provider_id, r.organization_id, c.user_name, c.email, c.first_name, c.last_name, c.state,
           case c.state when 'suspended' then now() end
    from usage_stagedrow r,
         jsonb_to_record(r.cells) c (user_name text, email text, first_name text, last_name text, state text)
    where r.staged_import_id = %(staged)s order by lower(c.user_name)
"""
ADD_DEVICES: Final = """
    insert into usage_device (provider_id, organization_id, name, operating_system, serial_number)
    select r.provider_id, r.organization_id, c.name, c.operating_system, c.serial_number
    from usage_stagedrow r, jsonb_to_record(r.cells) c (name text, operating_system text, serial_number text)
    where r.staged_import_id = %(staged)s order by r.line
"""


@dataclass(frozen=True)
class Statements:
    """What is done with the rows of one kind: looked at once, looked at again when the gate refused, and made into what they are."""

    mark: tuple[str, ...]
    mark_again: tuple[str, ...]
    add: str


STATEMENTS: Final = {
    StagedImport.Kind.USERS.value: Statements((MARK_USER_TWICE, MARK_USER_TAKEN), (MARK_USER_TAKEN,), ADD_USERS),
    StagedImport.Kind.DEVICES.value: Statements(
        (MARK_DEVICE_TWICE, MARK_SERIAL_NUMBER_HERE, MARK_DEVICE_NAME_HERE), (), ADD_DEVICES
    ),
}


def keep_rows(staged: StagedImport, rows: Sequence[Row]) -> None:
    """Put what was read behind the wall, where users or devices are made of it."""
    columns: list[list[Any]] = [
        [row.line for row in rows],
        [json.dumps(row.cells) for row in rows],
        [json.dumps(row.faults) for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [staged.provider_id, staged.organization_id, staged.pk, *columns])


def mark_rows(staged: StagedImport) -> None:
    """Note at each row what stands in the way of it, or speaks against it, beyond its own cells: by the rule of the unique index of users,
    for which case does not count, and by what tells devices apart, of which none is unique.
    """
    _mark(staged, STATEMENTS[staged.kind].mark)


def mark_rows_taken(staged: StagedImport) -> None:
    """Note at each row that someone in the organization has the name by now."""
    _mark(staged, STATEMENTS[staged.kind].mark_again)


def add_rows(staged: StagedImport) -> int:
    """Make the users or devices, all in one statement through the gate; their number."""
    return _execute(STATEMENTS[staged.kind].add, staged)


def _mark(staged: StagedImport, statements: Sequence[str]) -> None:
    """Run them with joins by hash. The statistics know nothing of rows that just came, so Postgres would compare each of them with each user
    who is there: under the policy an index on `lower(…)` is of no use.
    """
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_LOOPS)
    for statement in statements:
        _execute(statement, staged)


def _execute(statement: str, staged: StagedImport) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"staged": staged.pk, "organization": staged.organization_id})
        return int(cursor.rowcount)
