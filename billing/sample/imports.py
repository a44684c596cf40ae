"""What the client at its cap sent as files: one of devices that waits for an answer, one of users that was faulty."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from accounts.models import Administrator
from billing.sample.cast import AT_THE_CAP
from usage.actions.import_rows import keep_rows, mark_rows
from usage.import_kinds import KINDS, RowsFile
from usage.models import StagedImport

DEVICES: Final = """name,operating_system,serial_number,room
NEW-PC-01,Windows 11,5CG4210XKD,Reception
NEW-PC-02,Windows 11,5cg4210xkd,Reception
NEW-PC-03,Windows 11,5CG4210XKF,Surgery 2
NEW-TAB-01,iPadOS 26,,Waiting room
"""
USERS: Final = """user_name,email,first_name,last_name
dana.fox,dana.fox@alder-dental.example,Dana,Fox
eli.ross,eli.ross,Eli,Ross
finn.bell,finn.bell@alder-dental.example,=Finn,Bell
"""


def make_imports(administrators: Sequence[Administrator], at: datetime) -> None:
    """Both as the worker leaves them once it has checked them."""
    by = next(place for place in administrators if place.organization and place.organization.name == AT_THE_CAP)
    _check(by, "user", "new people.csv", USERS, at - timedelta(days=1))
    _check(by, "device", "new practice.csv", DEVICES, at - timedelta(hours=2))


def _check(by: Administrator, kind: str, name: str, content: str, at: datetime) -> None:
    file = RowsFile(content.encode(), KINDS[kind], organization_names=[])
    rows = list(file)
    faulty = sum(bool(row.faults) for row in rows)
    staged = StagedImport.objects.create(
        provider_id=by.provider_id,
        organization_id=by.organization_id,
        kind=kind,
        file_name=name,
        state=StagedImport.State.FAULTY if faulty else StagedImport.State.READY,
        rows_expected=len(rows),
        rows_read=len(rows),
        faulty_rows=faulty,
        ignored=file.ignored,
        administrator_id=by.pk,
        by=by.name,
        started_at=at,
        settled_at=at if faulty else None,
    )
    keep_rows(staged, [row for row in rows if row.faults] if faulty else rows)
    mark_rows(staged)
