"""What a file may say of users and of devices: its columns, and what each cell must be. Nothing here knows the database.

A row's fault is kept as `column:code`; `import_words.py` words it for whoever reads it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from msp_portal.lib.csv_export import FORMULA_STARTS
from msp_portal.lib.csv_import import CsvFile, Line
from usage.bounds import MOST_IMPORTED_ROWS
from usage.models import Device, StagedImport, User

PLACES: Final[dict[str, str | Promise]] = {"organization": _("Organization"), "organization_id": _("Organization ID")}


@dataclass(frozen=True)
class Kind:
    """Files of one kind. `typed` are the columns that are understood as the form's fields are, the first of which name a row;
    `labels` are all that we read, as the export heads them. Any other is passed over and named.
    """

    model: type[User] | type[Device]
    typed: tuple[str, ...]
    required: tuple[str, ...]
    shown: tuple[str, ...]
    labels: Mapping[str, str | Promise]
    sample: tuple[str, ...]

    @cached_property
    def fields(self) -> dict[str, Any]:
        """A field each as the form has it: both are made by the model."""
        return fields_for_model(self.model, self.typed)

    @cached_property
    def names(self) -> dict[str, str]:
        """What a column may be called: by its own name, or as any language of the portal heads it."""
        return {column: column for column in self.labels} | _in_every_language(self.labels.items)

    def longest(self, column: str) -> int:
        """How many characters a cell of the column may have."""
        return int(self.fields[column].max_length)


KINDS: Final = {
    StagedImport.Kind.USERS.value: Kind(
        User,
        typed=("user_name", "email", "first_name", "last_name"),
        required=("user_name", "email"),
        shown=("user_name", "email"),
        labels={
            "user_name": _("User name"),
            "email": _("E-mail"),
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "state": _("State"),
            **PLACES,
        },
        sample=("ada.lovelace", "ada.lovelace@example.com", "Ada", "Lovelace"),
    ),
    StagedImport.Kind.DEVICES.value: Kind(
        Device,
        typed=("name", "operating_system", "serial_number"),
        required=("name",),
        shown=("name", "serial_number"),
        labels={
            "name": _("Name"),
            "operating_system": _("Operating system"),
            "serial_number": _("Serial number"),
            **PLACES,
        },
        sample=("FRONT-DESK-01", "Windows 11", "SN-0001"),
    ),
}


@dataclass
class Row:
    """One user or device as the file has it; texts as they are kept, the faulty ones cut to what the table holds."""

    line: int
    cells: dict[str, str]
    faults: list[str] = field(default_factory=list)


class RowsFile:
    """A file for one organization, which alone it may name. Iterated once.

    :raises Unreadable: when its head is not understood; while it is iterated, at the first line that is none.
    """

    def __init__(self, content: bytes, kind: Kind, *, organization_names: Sequence[str]) -> None:
        self._kind = kind
        self._own = {name.casefold() for name in organization_names}
        self._file = CsvFile(content, names=kind.names, required=kind.required, most_rows=MOST_IMPORTED_ROWS)
        self.ignored = self._file.ignored

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self._file)

    def _row(self, line: Line) -> Row:
        row = Row(line.number, {})
        if line.fault == "many_cells":  # spreadsheets leave out empty ones at a row's end
            row.faults.append("row:cells")
        for column in self._kind.typed:
            row.cells[column] = _understood(self._kind, column, line.cells.get(column, ""), row.faults)
        self._check_organization(line, row.faults)
        if "state" in self._kind.labels:
            row.cells["state"] = _state(line.cells.get("state", ""), row.faults)
        return row

    def _check_organization(self, line: Line, faults: list[str]) -> None:
        """Another's organization, whoever's, and one that does not exist are told alike."""
        for column in PLACES:
            named = _unguarded(line.cells.get(column, "")).strip()
            if named and named.casefold() not in self._own:
                faults.append(f"{column}:other")


def _understood(kind: Kind, column: str, written: str, faults: list[str]) -> str:
    """The cell by the rule that the form has for the field; what it refuses is noted and kept as far as the table holds it."""
    text = _unguarded(written)
    try:
        if text == written and written[:1] in FORMULA_STARTS and written:
            raise ValidationError("", code="formula")
        return str(kind.fields[column].clean(text))
    except ValidationError as fault:
        faults.append(f"{column}:{_code_of(fault)}")
        return text.replace("\0", "\ufffd").strip()[: kind.longest(column)]


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
    return found or User.State.ACTIVE.value


@cache
def _states() -> dict[str, str]:
    """What a state may be called; where nothing is said a user is active."""
    found = {"": User.State.ACTIVE.value, **{state.value: state.value for state in User.State}}
    return found | _in_every_language(lambda: ((state.value, state.label) for state in User.State))


def _in_every_language(labels: Callable[[], Any]) -> dict[str, str]:
    """What is called so, by each of its names in lower case."""
    found: dict[str, str] = {}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found |= {str(label).casefold(): name for name, label in labels()}
    return found
