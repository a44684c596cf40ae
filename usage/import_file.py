"""Reading a file of users: what a spreadsheet or the portal's own export makes of them, as rows with the faults of each.

Nothing here knows the database. A fault of the file as a whole is `Unreadable`; a fault of one row stands in its `faults` as `column:code`,
and `import_words.py` words both for whoever reads them.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from msp_portal.lib.csv_export import BYTE_ORDER_MARK, DIALECTS, FORMULA_STARTS
from usage.bounds import LONGEST_IMPORTED_CELL, MOST_IMPORTED_USERS
from usage.models import User

TYPED: Final = ("user_name", "email", "first_name", "last_name")
REQUIRED: Final = ("user_name", "email")
LABELS: Final[dict[str, str | Promise]] = {
    "user_name": _("User name"),
    "email": _("E-mail"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "state": _("State"),
    "organization": _("Organization"),
    "organization_id": _("Organization ID"),
}
"""The columns that we read, as the export heads them. Any other is passed over and named."""


class Unreadable(Exception):
    """The file as a whole is not what it should be. `told` is the `code` of the problem and what it speaks of."""

    def __init__(self, code: str, **told: object) -> None:
        super().__init__(code)
        self.told = {"code": code, **told}


@dataclass
class Row:
    """One user as the file has him; texts as they are kept, the faulty ones cut to what the table holds."""

    line: int
    typed: dict[str, str]
    state: str
    faults: list[str] = field(default_factory=list)


class UserFile:
    """A file of users for one organization.

    :raises Unreadable: when its head is not understood; while it is iterated, at the first line that is none.
    """

    def __init__(self, content: bytes, *, organization_names: Sequence[str]) -> None:
        self._own = {name.casefold() for name in organization_names}
        csv.field_size_limit(LONGEST_IMPORTED_CELL)  # of the whole process, so each reader says its own
        lines = _lines(content)
        head = next(lines, "")
        self._reader = csv.reader(_again(head, lines), delimiter=_delimiter_of(head), strict=True)
        self.ignored: list[str] = []
        self._columns = self._understand(self._next_cells() or [])

    def __iter__(self) -> Iterator[Row]:
        number, line = 0, self._reader.line_num + 1
        while (cells := self._next_cells()) is not None:
            if any(cell.strip() for cell in cells):
                number += 1
                if number > MOST_IMPORTED_USERS:
                    raise Unreadable("too_many_rows", most=MOST_IMPORTED_USERS)
                yield self._row(line, cells)
            line = self._reader.line_num + 1
        if not number:
            raise Unreadable("no_rows")

    def _next_cells(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as fault:
            code = "cell_too_large" if "field limit" in str(fault) else "not_csv"
            raise Unreadable(code, line=self._reader.line_num) from fault

    def _understand(self, head: list[str]) -> list[str]:
        """The column that each cell belongs to; "" for one that is passed over."""
        columns = [_names().get(cell.strip().casefold(), "") for cell in head]
        self.ignored = [cell.strip()[:60] for cell, column in zip(head, columns, strict=True) if not column and cell.strip()][:50]
        known = [column for column in columns if column]
        if missing := [column for column in REQUIRED if column not in known]:
            raise Unreadable("missing_columns", columns=missing)
        if twice := sorted({column for column in known if known.count(column) > 1}):
            raise Unreadable("column_twice", columns=twice)
        return columns

    def _row(self, line: int, cells: list[str]) -> Row:
        written = {column: cell for column, cell in zip(self._columns, cells, strict=False) if column}
        row = Row(line, {}, User.State.ACTIVE)
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            row.faults.append("row:cells")
        for column in TYPED:
            row.typed[column] = _understood(column, written.get(column, ""), row.faults)
        self._check_organization(written, row.faults)
        row.state = _state(written.get("state", ""), row.faults)
        return row

    def _check_organization(self, written: dict[str, str], faults: list[str]) -> None:
        """Another's organization, whoever's, and one that does not exist are told alike."""
        for column in ("organization", "organization_id"):
            named = _unguarded(written.get(column, "")).strip()
            if named and named.casefold() not in self._own:
                faults.append(f"{column}:other")


def longest(column: str) -> int:
    """How many characters a cell of the column may have."""
    return int(_fields()[column].max_length)


def lines_in(content: bytes) -> int:
    """About how many rows there are: the lines without the head."""
    return max(0, content.count(b"\n") + (not content.endswith(b"\n")) - 1)


def _lines(content: bytes) -> Iterator[str]:
    for number, line in enumerate(BytesIO(content.removeprefix(BYTE_ORDER_MARK.encode())), 1):
        try:
            yield line.decode()
        except UnicodeDecodeError as fault:
            raise Unreadable("encoding", line=number) from fault


def _again(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _delimiter_of(head: str) -> str:
    """The one that stands most often in the head; a comma where none does."""
    return max((dialect.delimiter for dialect in DIALECTS.values()), key=head.count)


def _understood(column: str, written: str, faults: list[str]) -> str:
    """The cell by the rule that the form has for the field; what it refuses is noted and kept as far as the table holds it."""
    text = _unguarded(written)
    try:
        if text == written and written[:1] in FORMULA_STARTS and written:
            raise ValidationError("", code="formula")
        return str(_fields()[column].clean(text))
    except ValidationError as fault:
        faults.append(f"{column}:{_code_of(fault)}")
        return text.replace("\0", "\ufffd").strip()[: longest(column)]


def _code_of(fault: ValidationError) -> str:
    """Of several the first: what is empty or too long is not asked for its form."""
    return str((fault.error_list[0] if hasattr(fault, "error_list") else fault).code)


def _unguarded(written: str) -> str:
    """Without the apostrophe that the export sets before what a spreadsheet would run."""
    return written[1:] if written[:1] == "'" and written[1:2] in FORMULA_STARTS and written[1:] else written


def _state(written: str, faults: list[str]) -> str:
    found = _states().get(written.strip().casefold(), "")
    if not found:
        faults.append("state:unknown")
    return found or User.State.ACTIVE


@cache
def _fields() -> dict[str, Any]:
    """A field each as `UserForm` has it: both are made by the model."""
    return fields_for_model(User, TYPED)


@cache
def _names() -> dict[str, str]:
    """What a column may be called: by its own name, or as any language of the portal heads it."""
    found = {column: column for column in LABELS}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found |= {str(label).casefold(): column for column, label in LABELS.items()}
    return found


@cache
def _states() -> dict[str, str]:
    """What a state may be called; where nothing is said a user is active."""
    found = {"": str(User.State.ACTIVE), **{state.value: state.value for state in User.State}}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found |= {str(state.label).casefold(): state.value for state in User.State}
    return found
