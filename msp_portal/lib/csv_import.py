"""Reading a CSV file that a person made: which dialect it is in, and for every fault its line and reason. Nothing in it is ever run or guessed."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Final

from django.utils.translation import gettext as _

from msp_portal.lib.csv_export import DIALECTS, Dialect
from msp_portal.lib.templatetags.portal import number

BYTE_ORDER_MARKS_OF_16_BITS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one line of the file, counted from 1."""

    line: int
    reason: str


@dataclass(frozen=True)
class Record:
    """One row: the line it begins at, and its cells by column, without blanks around them."""

    line: int
    cells: Mapping[str, str]


class NotReadable(Exception):
    """The file as a whole is none that can be read; `fault` says why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(line, reason)


def text_of(content: bytes) -> str:
    """The file's text.

    :raises NotReadable: when it is not UTF-8.
    """
    if content.startswith(BYTE_ORDER_MARKS_OF_16_BITS):
        raise NotReadable(1, _("The file is written in UTF-16. Please save it as CSV UTF-8."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise NotReadable(line, _("This line is not UTF-8. Please save the file as CSV UTF-8.")) from fault
    if "\0" in text:
        raise NotReadable(text.count("\n", 0, text.index("\0")) + 1, _("This line holds a character that no text has."))
    return text


def records_of(text: str, columns: Sequence[str], *, longest_cell: int) -> Iterator[Record | Fault]:
    """Each row that is not empty, or what is wrong with it. The dialect is the one in which the first line has all `columns`; further ones
    are passed over.

    :raises NotReadable: when no dialect has them, naming those that are missing.
    """
    first = text.split("\n", 1)[0].strip("\r")
    dialect = _dialect_of(first, columns)
    # A cell as long as the file is read and then refused by name, not by the parser.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)
    header, begins = [name.strip().lower() for name in next(reader)], reader.line_num + 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield Fault(begins, _("A quotation mark in this line is not closed, or stands in the middle of a cell."))
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield _record(begins, row, header, columns, longest_cell)
        begins = reader.line_num + 1


def _record(line: int, row: list[str], header: list[str], columns: Sequence[str], longest_cell: int) -> Record | Fault:
    longest = max(len(cell) for cell in row)
    if longest > longest_cell:
        words = _("A cell has %(length)s characters; at most %(most)s are read.")
        return Fault(line, words % {"length": number(longest), "most": number(longest_cell)})
    if len(row) < len(header):
        return Fault(
            line, _("The line has %(found)d cells; the first line names %(wanted)d.") % {"found": len(row), "wanted": len(header)}
        )
    return Record(line, {name: row[header.index(name)].strip() for name in columns})


def _dialect_of(first: str, columns: Sequence[str]) -> Dialect:
    missing: list[list[str]] = []
    for dialect in DIALECTS.values():
        try:
            names = [name.strip().lower() for name in next(csv.reader([first], delimiter=dialect.delimiter), [])]
        except csv.Error:
            continue
        if twice := [name for name in columns if names.count(name) > 1]:
            raise NotReadable(1, _("The first line names the column %(name)s twice.") % {"name": twice[0]})
        missing.append([name for name in columns if name not in names])
        if not missing[-1]:
            return dialect
    fewest = min(missing, key=len, default=list(columns))
    words = _("The first line lacks the column %(names)s. Cells may be separated by commas, semicolons or tabs.")
    raise NotReadable(1, words % {"names": ", ".join(fewest)})
