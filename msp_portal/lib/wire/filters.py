"""`filter=` of the vendor's API, both dialects (design: provider-api 1.0 and 2, decisions 29 and 30).

    v2   filter=email:eq:a@b.c,roleName:eq:Help Desk        several in one parameter, or the parameter repeated: all must hold
    v1   filter[0]=state:$eq:ACTIVATED   filter[or][0]=…    the operator with a dollar; `or` groups: one of them must hold

`in` and `between` separate their values with `|`; `*` in a value of `eq` or `ne` stands for any characters.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.texts import is_storable

Kind = Literal["text", "number", "flag", "time", "day"]

LARGEST: Final = 2**53
"""A number that every client can say exactly; no column of ours holds more."""
MOST: Final = 20
"""Conditions in one request, and values of one `in`."""
OPERATORS: Final = ("eq", "ne", "gt", "ge", "gte", "lt", "le", "lte", "between", "search", "in", "nin", "sw", "ew", "co", "nco")
SEGMENT: Final = re.compile(rf"(?P<field>[A-Za-z_][\w.]*):\$?(?P<operator>{'|'.join(OPERATORS)}):(?P<value>.*)", re.DOTALL)
BEGINS: Final = re.compile(r"[A-Za-z_][\w.]*:\$?[a-z]+:")
ORDERED: Final = {"gt": "gt", "ge": "gte", "gte": "gte", "lt": "lt", "le": "lte", "lte": "lte"}
PARTS: Final = {"search": "icontains", "co": "contains", "nco": "contains", "sw": "startswith", "ew": "endswith"}
NEGATED: Final = {"ne", "nin", "nco"}


@dataclass(frozen=True)
class Column:
    """What a field of the wire is in the database: the ORM's path, how its values are written, and for words of our own the word kept."""

    path: str
    kind: Kind = "text"
    words: Mapping[str, str] = field(default_factory=dict)


def conditions(params: QueryDict, columns: Mapping[str, Column]) -> Q:
    """All of the query string's filters as one condition.

    :raises WireError: 400 for an unknown field or operator, a value that is none of the field's kind, or too many conditions.
    """
    every, alternatives = Q(), Q()
    written = [(name, text) for name in params for text in params.getlist(name) if name == "filter" or name.startswith("filter[")]
    singles = [(name, text) for name, texts in written for text in _segments(texts)]
    if len(singles) > MOST:
        raise refuse("filter", f"At most {MOST} conditions can be given.")
    for name, text in singles:
        if name.startswith("filter[or]"):
            alternatives |= _condition(text, columns)
        else:
            every &= _condition(text, columns)
    return every & alternatives


def value_of(column: Column, name: str, text: str) -> Any:
    """`text` as a value of the column.

    :raises WireError: 400, naming the field `name`.
    """
    if not is_storable(text):
        raise refuse(name, "The value contains a character that no row has.")
    if column.words:
        return {word.lower(): kept for word, kept in column.words.items()}.get(text.lower(), text)
    try:
        return _READERS[column.kind](text)
    except (ValueError, InvalidOperation, OverflowError) as fault:
        raise refuse(name, f"“{text[:60]}” is not a {column.kind}.") from fault


def _segments(text: str) -> Iterable[str]:
    """The conditions of one parameter. A comma inside a value is no separator: what lacks `field:op:` belongs to the one before."""
    found: list[str] = []
    for piece in text.split(","):
        if found and not BEGINS.match(piece):
            found[-1] += f",{piece}"
        elif piece:
            found.append(piece)
    return found


def _condition(text: str, columns: Mapping[str, Column]) -> Q:
    parts = SEGMENT.fullmatch(text)
    if parts is None:
        raise WireError(400, f"“{text[:80]}” is not a filter: field:operator:value, with an operator of {', '.join(OPERATORS)}.")
    name, operator, value = parts["field"], parts["operator"], parts["value"]
    if name not in columns:
        raise refuse("filter", f"“{name[:60]}” cannot be filtered by. Known: {', '.join(sorted(columns))}.")
    condition = _matching(columns[name], name, operator, value)
    return ~condition if operator in NEGATED else condition


def _matching(column: Column, name: str, operator: str, text: str) -> Q:
    """The condition without its negation."""
    path = column.path
    if operator in ORDERED:
        return Q(**{f"{path}__{ORDERED[operator]}": value_of(column, name, text)})
    if operator == "between":
        low, high = _pair(column, name, text)
        return Q(**{f"{path}__gte": low, f"{path}__lte": high})
    if operator in {"in", "nin"}:
        return Q(**{f"{path}__in": _several(column, name, text)})
    if operator in PARTS:
        _only_of_text(column, name, operator)
        return Q(**{f"{path}__{PARTS[operator]}": value_of(column, name, text)})
    if "*" in text and column.kind == "text" and not column.words:
        return Q(**{f"{path}__regex": _pattern(value_of(column, name, text))})
    return Q(**{path: value_of(column, name, text)})


def _pair(column: Column, name: str, text: str) -> tuple[Any, Any]:
    ends = [value_of(column, name, part) for part in text.split("|")]
    if len(ends) != 2:
        raise refuse(name, "`between` takes two values with a | between them.")
    return ends[0], ends[1]


def _several(column: Column, name: str, text: str) -> list[Any]:
    """The values of `in`; `\\|` is a bar inside a value."""
    parts = [part.replace("\0", "|") for part in text.replace("\0", "").replace(r"\|", "\0").split("|")]
    if len(parts) > MOST:
        raise refuse(name, f"`in` takes at most {MOST} values.")
    return [value_of(column, name, part) for part in parts]


def _only_of_text(column: Column, name: str, operator: str) -> None:
    if column.kind != "text" or column.words:
        raise refuse(name, f"`{operator}` looks into text, and this field is none.")


def _pattern(text: str) -> str:
    """A regular expression of Postgres in which each run of `*` is any characters and all else is itself."""
    return "^" + ".*".join(re.escape(part) for part in re.split(r"\*+", text)) + "$"


def _number(text: str) -> Decimal:
    number = Decimal(text) if re.fullmatch(r"-?\d{1,16}(\.\d{1,6})?", text, re.ASCII) else None
    if number is None or abs(number) > LARGEST:
        raise ValueError(text)
    return number


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in {"true", "false"} else _fail(text)


def _time(text: str) -> datetime:
    found = parse_datetime(text) or _midnight(text)
    if found is None:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _midnight(text: str) -> datetime | None:
    day = parse_date(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _fail(text: str) -> Any:
    raise ValueError(text)


_READERS: Final[dict[Kind, Any]] = {
    "text": str,
    "number": _number,
    "flag": _flag,
    "time": _time,
    "day": lambda text: parse_date(text) or _fail(text),
}
