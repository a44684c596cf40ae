"""A file of caps (id, name, cap), as a person brings it back from a spreadsheet."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from msp_portal.lib.csv_import import Fault, NotReadable, Record, records_of, text_of
from usage.bounds import CAP_FILE_MAX, CAPS_AT_ONCE_MAX, LONGEST_CAP_CELL
from usage.forms.caps import UserCapField
from usage.forms.many_caps import too_many

COLUMNS: Final = ("id", "cap")
"""Those that are read; the name is there for people."""
SHOWN_OF_A_CELL: Final = 40

Known = Callable[[Collection[str]], Collection[str]]
"""Which of some ids are organizations that the reader may reach."""


@dataclass(frozen=True)
class ReadCaps:
    """What the file lists: the cap of each organization (None for no cap), and all that is wrong with it."""

    caps: dict[str, int | None]
    faults: list[Fault]


class CapFileForm(forms.Form):
    """The upload."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "With the columns id and cap; an empty cap is none. Separated by commas, semicolons or tabs, in UTF-8."
        ),
        widget=forms.FileInput({"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        max_length=255,
    )

    def clean_file(self) -> "UploadedFile[Any]":
        """The file.

        :raises forms.ValidationError: when it is larger than any of ours could be; it is not read then.
        """
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > CAP_FILE_MAX:
            sizes = {"size": number_format((file.size or 0) / 1_000_000, 1), "most": number_format(CAP_FILE_MAX // 1_000_000)}
            raise forms.ValidationError(_("The file has %(size)s MB; at most %(most)s MB are read.") % sizes, code="too_large")
        return file


def read_caps(content: bytes, known: Known) -> ReadCaps:
    """What a file lists. With any fault in it nothing of it is to be used."""
    try:
        found = list(records_of(text_of(content), COLUMNS, longest_cell=LONGEST_CAP_CELL))
    except NotReadable as refused:
        return ReadCaps({}, [refused.fault])
    records = [each for each in found if isinstance(each, Record)]
    if len(records) > CAPS_AT_ONCE_MAX:
        return ReadCaps({}, [Fault(records[CAPS_AT_ONCE_MAX].line, too_many())])
    if not found:
        return ReadCaps({}, [Fault(1, _("The file lists no organization."))])
    read = _Reading(known({record.cells["id"] for record in records}))
    for record in records:
        read.take(record)
    faults = [*(each for each in found if isinstance(each, Fault)), *read.faults]
    return ReadCaps(read.caps, sorted(faults, key=lambda fault: fault.line))


class _Reading:
    """Goes through the records once, and keeps what it saw."""

    def __init__(self, known: Collection[str]) -> None:
        self.known = known
        self.caps: dict[str, int | None] = {}
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def take(self, record: Record) -> None:
        """One line: its cap, or what is wrong with it."""
        pk, written = record.cells["id"], record.cells["cap"]
        if pk not in self.known:
            self._refuse(record, _("No organization of yours has the id %(id)s.") % {"id": _shown(pk) or "–"})
        elif pk in self.lines:
            self._refuse(record, _("This organization stands in line %(line)d already.") % {"line": self.lines[pk]})
        else:
            self.lines[pk] = record.line
            self._take_cap(record, pk, written)

    def _take_cap(self, record: Record, pk: str, written: str) -> None:
        try:
            self.caps[pk] = CAP.clean(written)
        except forms.ValidationError as refused:
            self._refuse(record, _("%(written)s is no cap. %(rule)s") % {"written": _shown(written), "rule": refused.messages[0]})

    def _refuse(self, record: Record, reason: str) -> None:
        self.faults.append(Fault(record.line, reason))


CAP: Final[Any] = UserCapField(required=False)


def _shown(written: str) -> str:
    """A cell as a report repeats it."""
    return written if len(written) <= SHOWN_OF_A_CELL else f"{written[:SHOWN_OF_A_CELL]}…"
