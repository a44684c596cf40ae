"""What the worker does with files of users and devices: reads and checks them step by step, and adds the rows of those that were confirmed.

A claim is committed before its work begins and holds as long as its lease. Whatever a worker writes, it writes holding the row and only while
its claim stands. So a cancelled import stops, and one whose worker was killed is told as such, with nothing added.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Final

import structlog
from django.db import OperationalError

from accounts import audit
from accounts.models import Administrator, AuditEvent
from accounts.roles import Permission
from msp_portal.lib import tenancy
from msp_portal.lib.acts import BUSY_STATES
from msp_portal.lib.csv_import import Unreadable
from msp_portal.lib.rules import Busy, RuleBroken
from usage.actions.import_rows import add_rows, keep_rows, mark_rows, mark_rows_taken
from usage.actions.imports import forget_content
from usage.actions.users import UserNameTaken, one_user_a_name
from usage.bounds import IMPORT_LEASE, IMPORT_ROWS_A_STEP
from usage.gate import seat_gate
from usage.import_kinds import KINDS, Row, RowsFile
from usage.import_words import REFUSALS
from usage.models import StagedImport

log = structlog.get_logger(__name__)
State = StagedImport.State

CLAIM: Final = """
    update usage_stagedimport set state = case state when 'waiting' then 'checking' else 'importing' end,
                                attempt = attempt + 1, lease_ends_at = %(lease_ends_at)s
    where id = (select id from usage_stagedimport where state in ('waiting', 'confirmed')
                order by started_at, id limit 1 for no key update skip locked)
    returning *
"""


class ClaimLost(Exception):
    """Someone cancelled the import, or took this worker for dead."""


class TooJunior(RuleBroken):
    message = REFUSALS["too_junior"]
    code = "too_junior"


def work_imports(now: Callable[[], datetime]) -> int:
    """Check what was sent and add what was confirmed, one import after the other; their number. Several workers may do so at once."""
    worked = 0
    while (claimed := claim(now())) is not None:
        STEPS[claimed.state](claimed, now)
        worked += 1
    tell_of_lapsed(now())
    return worked


def claim(at: datetime) -> StagedImport | None:
    """The next import to be worked on, kept from other workers; committed before the work."""
    with tenancy.system("claim an import"):
        found = StagedImport.objects.raw(CLAIM, {"lease_ends_at": at + IMPORT_LEASE})
        return next(iter(found), None)


def check(claimed: StagedImport, now: Callable[[], datetime]) -> None:
    """Read the file, note each row with its faults, and leave it ready for a person to agree, or with the faults told."""
    try:
        file = _open(claimed)
        for rows in _steps(file):
            _keep(claimed, rows, now())
        _settle_check(claimed, file.ignored, now())
    except Unreadable as fault:
        with _held(claimed) as held:
            held.settle(State.UNREADABLE, at=now(), problem=fault.told)
            forget_content(held)
    except ClaimLost:
        log.info("usage.import.lost", staged_import=claimed.pk, provider=claimed.provider_id)


def write(claimed: StagedImport, now: Callable[[], datetime]) -> None:
    """Add all rows of the import in one transaction. What the gate refuses, or a name taken meanwhile, leaves nothing added and is told."""
    try:
        _write_all(claimed, _writer_of(claimed), now)
    except ClaimLost:
        log.info("usage.import.lost", staged_import=claimed.pk, provider=claimed.provider_id)
    except UserNameTaken as rule:
        _tell_of_names(claimed, rule, now())
    except RuleBroken as rule:
        _put_back(claimed, rule, now())
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlstate", "") not in BUSY_STATES:
            raise
        _put_back(claimed, Busy(), now())


def tell_of_lapsed(at: datetime) -> None:
    """Say of each import whose worker fell silent what that means: nothing was written, and it can be started again."""
    with tenancy.system("imports whose worker fell silent"):
        for lapsed in StagedImport.objects.lapsed(at).select_for_update(skip_locked=True, no_key=True, of=("self",)):
            log.warning("usage.import.lapsed", staged_import=lapsed.pk, provider=lapsed.provider_id, state=lapsed.state)
            if lapsed.state == State.IMPORTING:
                lapsed.move(State.READY, refusal={"code": "interrupted"}, lease_ends_at=None)
            else:
                lapsed.settle(State.INTERRUPTED, at=at)
                forget_content(lapsed)


def forget_imports(at: datetime) -> int:
    """Remove imports of long ago with what is left of their files; how many."""
    with tenancy.system("imports of long ago"):
        old = StagedImport.objects.forgotten(at)
        number = old.count()
        old.delete()
    return number


def _open(claimed: StagedImport) -> RowsFile:
    with _held(claimed) as held:
        own = [held.organization_id, held.organization.name]
        return RowsFile(bytes(held.file.content), KINDS[held.kind], organization_names=own)


def _steps(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while step := list(islice(left, IMPORT_ROWS_A_STEP)):
        yield step


def _keep(claimed: StagedImport, rows: list[Row], at: datetime) -> None:
    with _held(claimed) as held:
        keep_rows(held, rows)
        held.move(
            State.CHECKING,
            rows_read=held.rows_read + len(rows),
            faulty_rows=held.faulty_rows + sum(bool(row.faults) for row in rows),
            lease_ends_at=at + IMPORT_LEASE,
        )


def _settle_check(claimed: StagedImport, ignored: list[str], at: datetime) -> None:
    with _held(claimed) as held:
        mark_rows(held)
        held.file.delete()
        if _has_faults(held, at, ignored=ignored):
            return
        held.move(State.READY, ignored=ignored, lease_ends_at=None)


def _has_faults(held: StagedImport, at: datetime, **noted: object) -> bool:
    """Whether any row is faulty. Then the import is over, and only those rows are kept, to be read."""
    faulty = held.rows.faulty().count()
    if faulty:
        held.settle(State.FAULTY, at=at, faulty_rows=faulty, **noted)
        held.rows.filter(faults=[]).delete()
    return bool(faulty)


def _write_all(claimed: StagedImport, writer: Administrator | None, now: Callable[[], datetime]) -> None:
    with _held(claimed, reach=writer.reach if writer else tenancy.WHOLE) as held:
        with one_user_a_name(held.organization), seat_gate():
            number = add_rows(held)
        forget_content(held)
        held.settle(State.DONE, at=now())
        told: dict[str, Any] = {f"{held.kind}s": number, "file": held.file_name}
        audit.record(writer, f"usage.{held.kind}.imported", held.organization, at=now(), **told)


def _writer_of(claimed: StagedImport) -> Administrator | None:
    """Whoever agreed, if he may still add users and devices; None for the vendor's command."""
    if not claimed.administrator_id:
        return None
    with tenancy.system("who confirmed an import"):
        found = Administrator.objects.filter(pk=claimed.administrator_id, provider_id=claimed.provider_id).first()
    if found is None or not found.is_active or not found.may(Permission.EDIT_USERS):
        raise TooJunior
    return found


def _tell_of_names(claimed: StagedImport, rule: UserNameTaken, at: datetime) -> None:
    with _held(claimed) as held:
        mark_rows_taken(held)
        if not _has_faults(held, at):  # whoever took the name is gone again
            held.move(State.READY, refusal={"code": Busy.code}, lease_ends_at=None)
        _note(held, rule, at)


def _put_back(claimed: StagedImport, rule: RuleBroken, at: datetime) -> None:
    """Leave it ready, with why it was refused, for when the reason is gone."""
    with _held(claimed) as held:
        held.move(State.READY, refusal={"code": rule.code, **rule.details}, lease_ends_at=None)
        _note(held, rule, at)


def _note(held: StagedImport, rule: RuleBroken, at: datetime) -> None:
    """The refusal in the audit log, as the doors note theirs."""
    details = {name: value for name, value in rule.details.items() if name != "organization_id"}
    audit.record(
        Administrator.objects.filter(pk=held.administrator_id).first(),
        f"refused.{rule.code}",
        provider_id=held.provider_id,
        organization_id=held.organization_id,
        outcome=AuditEvent.Outcome.REFUSED,
        at=at,
        message=str(rule),
        **details,  # type: ignore[arg-type]
    )


@contextmanager
def _held(claimed: StagedImport, reach: tenancy.Reach = tenancy.WHOLE) -> Iterator[StagedImport]:
    """The import as it stands, locked, in its provider's scope.

    :raises ClaimLost: when it is no longer ours.
    """
    with tenancy.scope(claimed.provider_id, reach, claimed.by):
        ours = StagedImport.objects.lock().filter(pk=claimed.pk, state=claimed.state, attempt=claimed.attempt)
        held = ours.select_related("organization").first()
        if held is None:
            raise ClaimLost
        yield held


STEPS: Final[dict[str, Callable[[StagedImport, Callable[[], datetime]], None]]] = {State.CHECKING: check, State.IMPORTING: write}
