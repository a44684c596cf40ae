"""A file of caps (id, name, cap), as a person brings it back from a spreadsheet."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msp_portal.lib.csv_import import LINE_FAULTS, CsvFile, Line, Unreadable, problem_in_words
from msp_portal.lib.csv_upload import CsvFileField
from msp_portal.lib.templatetags.portal import number
from usage.bounds import CAP_FILE_MAX, CAPS_AT_ONCE_MAX, LONGEST_CAP_CELL
from usage.forms.caps import UserCapField

COLUMNS: Final = ("id", "cap")
"""Those that are read; the name is there for people."""
SHOWN_OF_A_CELL: Final = 40

Known = Callable[[Collection[str]], Collection[str]]
"""Which of some ids are organizations that the reader may reach."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line of the file, counted from 1."""

    line: int
    reason: str


@dataclass(frozen=True)
class ReadCaps:
    """What the file lists: the cap of each organization (None for no cap), and all that is wrong with it."""

    caps: dict[str, int | None]
    faults: list[Fault]


class CapFileForm(forms.Form):
    """The upload."""

    file = CsvFileField(
        most_bytes=CAP_FILE_MAX,
        help_text=gettext_lazy("With the columns id and cap; an empty cap is none. Separated by commas, semicolons or tabs."),
    )


def read_caps(content: bytes, known: Known) -> ReadCaps:
    """What a file lists. With any fault in it nothing of it is to be used."""
    names = dict(zip(COLUMNS, COLUMNS, strict=True))
    try:
        lines = list(CsvFile(content, names=names, required=COLUMNS, most_rows=CAPS_AT_ONCE_MAX))
    except Unreadable as refused:
        return ReadCaps({}, [Fault(refused.told.get("line", 1), problem_in_words(refused.told, {}))])
    faulty = {line.number: reason for line in lines if (reason := _wrong_with(line))}
    whole = [line for line in lines if line.number not in faulty]
    read = _Reading(known({line.cells["id"].strip() for line in whole}))
    for line in whole:
        read.take(line.number, line.cells["id"].strip(), line.cells["cap"].strip())
    faults = [*(Fault(*each) for each in faulty.items()), *read.faults]
    return ReadCaps(read.caps, sorted(faults, key=lambda fault: fault.line))


def _wrong_with(line: Line) -> str:
    """Why the line cannot be read; "" when it can. One cell too few or too many moves a cap to where none should be."""
    if line.fault:
        return str(LINE_FAULTS[line.fault])
    if (longest := max(map(len, line.cells.values()))) > LONGEST_CAP_CELL:
        words = _("A cell has %(length)s characters; at most %(most)s are read.")
        return words % {"length": number(longest), "most": number(LONGEST_CAP_CELL)}
    return _("This line holds a character that no text has.") if any("\0" in cell for cell in line.cells.values()) else ""


class _Reading:
    """Goes through the lines once, and keeps what it saw."""

    def __init__(self, known: Collection[str]) -> None:
        self.known = known
        self.caps: dict[str, int | None] = {}
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def take(self, line: int, pk: str, written: str) -> None:
        """One line: its cap, or what is wrong with it."""
        if pk not in self.known:
            self._refuse(line, _("No organization of yours has the id %(id)s.") % {"id": _shown(pk) or "–"})
        elif pk in self.lines:
            self._refuse(line, _("This organization stands in line %(line)d already.") % {"line": self.lines[pk]})
        else:
            self.lines[pk] = line
            self._take_cap(line, pk, written)

    def _take_cap(self, line: int, pk: str, written: str) -> None:
        try:
            self.caps[pk] = CAP.clean(written)
        except forms.ValidationError as refused:
            self._refuse(line, _("%(written)s is no cap. %(rule)s") % {"written": _shown(written), "rule": refused.messages[0]})

    def _refuse(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))


CAP: Final[Any] = UserCapField(required=False)


def _shown(written: str) -> str:
    """A cell as a report repeats it."""
    return written if len(written) <= SHOWN_OF_A_CELL else f"{written[:SHOWN_OF_A_CELL]}…"
