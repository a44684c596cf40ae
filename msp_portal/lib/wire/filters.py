"""`filter=` of the vendor's API, both dialects (design: provider-api 1.0 and 2, decisions 29 and 30).

    v2   filter=email:eq:a@b.c,roleName:eq:Help Desk        several in one parameter, or the parameter repeated: all must hold
    v1   filter[0]=state:$eq:ACTIVATED   filter[or][0]=…    the operator with a dollar; `or` groups: one of them must hold

`in` and `between` separate their values with `|`; `*` in a value of `eq` or `ne` stands for any characters. The same conditions written as JSON
are read by `body_filters.py`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import or_
from typing import Any, Final, Literal

from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime

from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.texts import is_storable

Kind = Literal["text", "number", "whole number", "flag", "time", "day"]

LARGEST: Final = 2**53
"""A number that every client can say exactly; no column of ours holds more."""
LONGEST: Final = 1000
"""Characters of a value; no column of ours that is compared holds more."""
MOST: Final = 20
"""Conditions in one request, and values of one `in`."""
OPERATORS: Final = ("eq", "ne", "gt", "ge", "gte", "lt", "le", "lte", "between", "search", "in", "nin", "sw", "ew", "co", "nco")
SEGMENT: Final = re.compile(rf"(?P<field>[A-Za-z_][\w.]*):\$?(?P<operator>{'|'.join(OPERATORS)}):(?P<value>.*)", re.DOTALL)
BEGINS: Final = re.compile(r"[A-Za-z_][\w.]*:\$?[a-z]+:")
ORDERED: Final = {"gt": "gt", "ge": "gte", "gte": "gte", "lt": "lt", "le": "lte", "lte": "lte"}
PARTS: Final = {"search": "icontains", "co": "contains", "nco": "contains", "sw": "startswith", "ew": "endswith"}
FOLDED: Final = {"ieq": "iexact", "isw": "istartswith", "iew": "iendswith"}
"""Without regard to case. No client can write these; the patterns of a body mean them."""
NEGATED: Final = {"ne", "nin", "nco"}
SEVERAL: Final = {"in", "nin", "between"}


@dataclass(frozen=True)
class Column:
    """What a field of the wire is in the database: the ORM's path, how its values are written, and for words of our own the word kept."""

    path: str
    kind: Kind = "text"
    words: Mapping[str, str] = field(default_factory=dict)


def conditions(params: QueryDict, columns: Mapping[str, Column], *, several_terms: bool = False) -> Q:
    """All of the query string's filters as one condition. With `several_terms` a `|` separates alternatives after `sw`, `ew`, `co` and `nco` too.

    :raises WireError: 400 for an unknown field or operator, a value that is none of the field's kind, or too many conditions.
    """
    every, alternatives = Q(), Q()
    written = [(name, text) for name in params for text in params.getlist(name) if name == "filter" or name.startswith("filter[")]
    singles = [(name, text) for name, texts in written for text in segments(texts)]
    if len(singles) > MOST:
        raise refuse("filter", f"At most {MOST} conditions can be given.")
    for name, text in singles:
        if name.startswith("filter[or]"):
            alternatives |= written_condition(text, columns, several_terms=several_terms)
        else:
            every &= written_condition(text, columns, several_terms=several_terms)
    return every & alternatives


def segments(text: str) -> Iterable[str]:
    """The conditions of one parameter. A comma inside a value is no separator: what lacks `field:op:` belongs to the one before."""
    found: list[str] = []
    for piece in text.split(","):
        if found and not BEGINS.match(piece):
            found[-1] += f",{piece}"
        elif piece:
            found.append(piece)
    return found


def written_condition(text: str, columns: Mapping[str, Column], *, several_terms: bool = False) -> Q:
    """One condition written `field:operator:value`.

    :raises WireError: 400 for what is none, or as `condition`.
    """
    parts = SEGMENT.fullmatch(text)
    if parts is None:
        raise WireError(400, f"“{text[:80]}” is not a filter: field:operator:value, with an operator of {', '.join(OPERATORS)}.")
    operator = parts["operator"]
    has_several = operator in SEVERAL or (several_terms and operator in PARTS)
    return condition(columns, parts["field"], operator, alternatives_in(parts["value"]) if has_several else [parts["value"]])


def condition(columns: Mapping[str, Column], name: str, operator: str, texts: Sequence[str]) -> Q:
    """That the field `name` compares with `texts` as `operator` says, one of OPERATORS or FOLDED.

    :raises WireError: 400 for an unknown field, a value that is none of the field's kind, or too many of them.
    """
    if name not in columns:
        raise refuse("filter", f"“{name[:60]}” cannot be filtered by. Known: {', '.join(sorted(columns))}.")
    if len(texts) > MOST:
        raise refuse(name, f"`{operator}` takes at most {MOST} values.")
    column = columns[name]
    wanted = _matching(column, name, operator, [value_of(column, name, text) for text in texts])
    return ~wanted if operator in NEGATED else wanted


def alternatives_in(text: str) -> list[str]:
    """The values of `a|b|c`; `\\|` is a bar inside a value."""
    return [part.replace("\0", "|") for part in text.replace("\0", "").replace(r"\|", "\0").split("|")]


def value_of(column: Column, name: str, text: str) -> Any:
    """`text` as a value of the column.

    :raises WireError: 400, naming the field `name`.
    """
    if not is_storable(text):
        raise refuse(name, "The value contains a character that no row has.")
    if len(text) > LONGEST:
        raise refuse(name, f"The value is longer than {LONGEST} characters.")
    if column.words:
        return {word.lower(): kept for word, kept in column.words.items()}.get(text.lower(), text)
    try:
        return _READERS[column.kind](text)
    except (ValueError, InvalidOperation, OverflowError) as fault:
        raise refuse(name, f"“{text[:60]}” is not a {column.kind}.") from fault


def _matching(column: Column, name: str, operator: str, values: Sequence[Any]) -> Q:
    """The condition without its negation."""
    path = column.path
    if operator in ORDERED:
        return Q(**{f"{path}__{ORDERED[operator]}": values[0]})
    if operator == "between":
        if len(values) != 2:
            raise refuse(name, "`between` takes two values with a | between them.")
        return Q(**{f"{path}__gte": values[0], f"{path}__lte": values[1]})
    if operator in {"in", "nin"}:
        return Q(**{f"{path}__in": values})
    if operator in PARTS or operator in FOLDED:
        _only_of_text(column, name, operator)
        lookup = {**PARTS, **FOLDED}[operator]
        return reduce(or_, [Q(**{f"{path}__{lookup}": value}) for value in values])
    if column.kind == "text" and not column.words and "*" in values[0]:
        return Q(**{f"{path}__regex": _pattern(values[0])})
    return Q(**{path: values[0]})


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


def _whole(text: str) -> int:
    number = _number(text)
    return int(number) if number == int(number) else _fail(text)


def _flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()] if text.lower() in {"true", "false"} else _fail(text)


def _time(text: str) -> datetime:
    found = parse_datetime(text) or _midnight(text)
    if found is None:
        raise ValueError(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)  # Postgres knows no offset beyond 16 hours


def _midnight(text: str) -> datetime | None:
    day = parse_date(text)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None


def _fail(text: str) -> Any:
    raise ValueError(text)


_READERS: Final[dict[Kind, Any]] = {
    "text": str,
    "number": _number,
    "whole number": _whole,
    "flag": _flag,
    "time": _time,
    "day": lambda text: parse_date(text) or _fail(text),
}
