"""The one CSV writer: RFC 4180, UTF-8 with a byte order mark, streamed, and harmless when a spreadsheet opens it."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from itertools import chain, islice
from typing import Any, Final

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import get_language

# What makes a spreadsheet read a cell as a formula, with the full-width forms that it folds (design rule 22).
FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
BYTE_ORDER_MARK = "\ufeff"
ROWS_A_CHUNK = 500


@dataclass(frozen=True)
class Dialect:
    """What stands between cells, and in a number before its decimals."""

    delimiter: str
    decimal_point: str


COMMA: Final = Dialect(",", ".")
DIALECTS: Final = {"comma": COMMA, "semicolon": Dialect(";", ","), "tab": Dialect("\t", ".")}
SPREADSHEETS: Final = {"de": "semicolon"}
"""What a spreadsheet in a language reads; commas in all others."""


def dialect_of(request: HttpRequest) -> Dialect:
    """The one that `?dialect=` names, else what a spreadsheet in the reader's language reads."""
    usual = SPREADSHEETS.get((get_language() or "")[:2], "comma")
    return DIALECTS.get(request.GET.get("dialect", usual), COMMA)


def csv_response(
    filename: str, header: Sequence[object], rows: Iterable[Sequence[object]], dialect: Dialect = COMMA
) -> StreamingHttpResponse:
    """A download named after `filename` (its ASCII slug). `rows` is read while it is sent, so its generator opens its own scope.

    Text is guarded, numbers stay numbers, None is an empty cell, times are ISO 8601 with their zone.
    """
    return csv_attachment(filename, _in_language(get_language(), csv_chunks(header, rows, dialect)))


def csv_attachment(filename: str, chunks: Iterable[str] | Iterable[bytes]) -> StreamingHttpResponse:
    """The same of a file's text that is there already, in pieces."""
    response = StreamingHttpResponse(chunks, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{ascii_name(filename)}"'
    response["Cache-Control"] = "no-store"
    return response


def csv_chunks(header: Sequence[object], rows: Iterable[Sequence[object]], dialect: Dialect = COMMA) -> Iterator[str]:
    """The file's text, in pieces of a few hundred rows: memory stays flat however long it is."""
    lines = ([_cell(value, dialect) for value in row] for row in chain([header], rows))
    mark = BYTE_ORDER_MARK
    while piece := list(islice(lines, ROWS_A_CHUNK)):
        buffer = StringIO(newline="")
        csv.writer(buffer, delimiter=dialect.delimiter, lineterminator="\r\n").writerows(piece)
        yield mark + buffer.getvalue()
        mark = ""


def ascii_name(filename: str) -> str:
    """`filename` as a download is called."""
    stem, _, ending = filename.rpartition(".")
    return f"{slugify(stem) or 'export'}.{slugify(ending) or 'csv'}"


def guarded(text: str) -> str:
    """`text` with a leading apostrophe when a spreadsheet would run it."""
    return f"'{text}" if text[:1] in FORMULA_STARTS and text else text


def _in_language(language: str | None, chunks: Iterator[str]) -> Iterator[str]:
    """Each chunk made in the reader's language: while it is sent, none is set."""
    while True:
        with translation.override(language):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _cell(value: object, dialect: Dialect) -> object:
    if dialect.decimal_point != "." and isinstance(value, Decimal | float):
        return str(value if isinstance(value, float) else format(value, "f")).replace(".", dialect.decimal_point)
    return _WRITERS.get(type(value), _other)(value)


def _other(value: object) -> str:
    """Lazy translations, enums and the like are text; a subclass of a number is written as what it is."""
    for kind in (bool, int, float, Decimal, datetime, date):
        if isinstance(value, kind):
            return str(_WRITERS[kind](value))
    return guarded(str(value))


def _same(value: Any) -> Any:
    return value


_WRITERS: dict[type, Callable[[Any], object]] = {
    str: guarded,
    int: _same,
    float: _same,
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    Decimal: lambda value: format(value, "f"),
    datetime: datetime.isoformat,
    date: date.isoformat,
}
