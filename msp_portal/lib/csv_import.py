"""Reading a CSV file that a person made: its encoding, its dialect and its head are recognised; nothing in it is run or guessed.

A fault of the file as a whole is `Unreadable`. It carries a code, as whoever meets it may not know the language of whoever reads of it;
`problem_in_words` words it. What is wrong with one row stands in its `fault`, and what is wrong with a cell the caller knows.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import chain
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from msp_portal.lib.csv_export import BYTE_ORDER_MARK, DIALECTS
from msp_portal.lib.templatetags.portal import number

UTF_16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of spreadsheet programs begin, new and old."""
IGNORED_TOLD: Final = 50
IGNORED_LENGTH: Final = 60

PROBLEMS: Final[dict[str, str | Promise]] = {
    "encoding": _("Line %(line)s is not written in UTF-8. Save the file as “CSV UTF-8” and upload it again."),
    "workbook": _("This is a workbook and not CSV. Save it as “CSV UTF-8” in your spreadsheet program and upload that file."),
    "missing_columns": _("These columns are missing: %(columns)s. The first line of the file must name the columns."),
    "column_twice": _("These columns stand in the file more than once: %(columns)s."),
    "not_csv": _("Line %(line)s is not CSV: a quotation mark is opened and not closed, or stands inside a cell."),
    "cell_too_large": _(
        "Line %(line)s has a cell of more than %(most)s characters. Often a quotation mark before it is not closed."
    ),
    "too_many_rows": _("The file has more than %(most)s rows. Split it into several."),
    "no_rows": _("The file names columns and has no row below them."),
}
LINE_FAULTS: Final[dict[str, str | Promise]] = {
    "few_cells": _("The row has fewer cells than there are columns."),
    "many_cells": _("The row has more cells than there are columns."),
}


class Unreadable(Exception):
    """The file as a whole is not what it should be. `told` is the `code` of the problem and what it speaks of."""

    def __init__(self, code: str, **told: object) -> None:
        super().__init__(code)
        self.told: dict[str, Any] = {"code": code, **told}


@dataclass(frozen=True)
class Line:
    """One row: the line it begins at, counted from 1, and its cells as they are written, by column."""

    number: int
    cells: Mapping[str, str]
    fault: str = ""
    """One of LINE_FAULTS when there are not as many cells as the head names; blank ones beyond it do not count."""


class CsvFile:
    """The rows of a file that are not empty. `names` says which column each heading stands for, in lower case; others are `ignored`.

    :raises Unreadable: when its head is not understood; while it is iterated, at the first line that is none, or with no row at all.
    """

    def __init__(self, content: bytes, *, names: Mapping[str, str], required: Collection[str], most_rows: int) -> None:
        lines = _lines(content)
        first = next(lines, "")
        if "\0" in first:  # UTF-16 without its mark, or no text at all
            raise Unreadable("encoding", line=1)
        self._reader = csv.reader(chain([first], lines), delimiter=_delimiter_of(first, names), strict=True)
        self._most_rows, self._begins = most_rows, 1
        self.ignored: list[str] = []
        self._columns = self._understand(self._next_row() or [], names, required)

    def __iter__(self) -> Iterator[Line]:
        rows = 0
        while (row := self._next_row()) is not None:
            if any(cell.strip() for cell in row):
                rows += 1
                if rows > self._most_rows:
                    raise Unreadable("too_many_rows", line=self._begins, most=self._most_rows)
                yield self._line(row)
        if not rows:
            raise Unreadable("no_rows")

    def _next_row(self) -> list[str] | None:
        self._begins = self._reader.line_num + 1
        try:
            return next(self._reader, None)
        except csv.Error as fault:
            if "field limit" in str(fault):
                raise Unreadable("cell_too_large", line=self._begins, most=csv.field_size_limit()) from fault
            raise Unreadable("not_csv", line=self._begins) from fault

    def _understand(self, head: list[str], names: Mapping[str, str], required: Collection[str]) -> list[str]:
        """The column that each cell belongs to; "" for one that is passed over."""
        columns = [names.get(_folded(cell), "") for cell in head]
        passed_over = [cell.strip() for cell, column in zip(head, columns, strict=True) if not column and cell.strip()]
        self.ignored = [heading[:IGNORED_LENGTH].replace("\0", "\ufffd") for heading in passed_over[:IGNORED_TOLD]]
        if missing := [column for column in required if column not in columns]:
            raise Unreadable("missing_columns", columns=missing)
        if twice := sorted(column for column, times in Counter(columns).items() if column and times > 1):
            raise Unreadable("column_twice", columns=twice)
        return columns

    def _line(self, row: list[str]) -> Line:
        cells = {column: cell for column, cell in zip(self._columns, row, strict=False) if column}
        if any(cell.strip() for cell in row[len(self._columns) :]):
            return Line(self._begins, cells, "many_cells")
        return Line(self._begins, cells, "few_cells" if len(row) < len(self._columns) else "")


def problem_in_words(problem: Mapping[str, Any], labels: Mapping[str, str | Promise]) -> str:
    """Why a file could not be read, from what `Unreadable` told, with its columns as `labels` call them."""
    told = {name: number(value) if isinstance(value, int) else value for name, value in problem.items()}
    told["columns"] = ", ".join(str(labels.get(column, column)) for column in problem.get("columns", ()))
    return str(PROBLEMS[problem["code"]]) % told


def lines_in(content: bytes) -> int:
    """About how many rows there are: the lines without the head."""
    return max(0, content.count(b"\n") + (not content.endswith(b"\n")) - 1)


def _lines(content: bytes) -> Iterator[str]:
    for place, line in enumerate(BytesIO(_in_utf_8(content)), 1):
        try:
            text = line.decode()
        except UnicodeDecodeError as fault:
            raise Unreadable("encoding", line=place) from fault
        if "\r" in text[:-2]:  # as old spreadsheets end their lines; the parser takes one line at a time
            yield from StringIO(text, newline="")
        else:
            yield text


def _in_utf_8(content: bytes) -> bytes:
    if content.startswith(WORKBOOKS):
        raise Unreadable("workbook")
    if not content.startswith(UTF_16_MARKS):
        return content.removeprefix(BYTE_ORDER_MARK.encode())
    try:
        return content.decode("utf-16").encode()
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode("utf-16", "ignore")
        raise Unreadable("encoding", line=before.count("\n") + 1) from fault


def _delimiter_of(first: str, names: Mapping[str, str]) -> str:
    """The one that makes out most of the headings; a comma where none does."""

    def recognised(delimiter: str) -> int:
        try:
            return sum(_folded(cell) in names for cell in next(csv.reader([first], delimiter=delimiter), []))
        except csv.Error:  # told when the head is read
            return 0

    return max((dialect.delimiter for dialect in DIALECTS.values()), key=recognised)


def _folded(heading: str) -> str:
    return heading.strip().casefold()
