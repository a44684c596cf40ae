"""`filter` in the body of a search (design: provider-api 2): the conditions of `filters.py` as JSON, in each form that clients write.

    [{"lastname": "Fox"}, {"created": {"$gt": "2026-03-01", "$lt": "2026-04-01"}}]        all must hold
    {"or": [{"state": {"$in": ["STAGED", "SUSPENDED"]}}, "email:$ew:@x.example"]}         one of them must hold

A pattern (`$regex`) is understood as far as it is literal text, with `^`, `$` and `(?i)`: that is what the vendor's own module makes of a search
with wildcards. Other patterns are refused: a regular expression of a stranger's can keep a database busy.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Final

from django.db.models import Q

from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.filters import MOST, OPERATORS, SEVERAL, Column, alternatives_in, condition, segments, written_condition

MOST_PARTS: Final = 3 * MOST
"""Groups and conditions of one filter, empty ones too: what says nothing costs time all the same."""
JOINED_BY: Final = {"and": and_, "or": or_}
PATTERN: Final = re.compile(
    r"(?P<fold>\(\?i\))?(?P<group>\()?(?P<start>\^)?(?P<text>(?:\\[^A-Za-z0-9]|[^\\^$.|?*+()\[{])*)(?P<end>\$)?(?(group)\))",
    re.DOTALL,
)
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
PLACED: Final = {(True, True): "ieq", (True, False): "isw", (False, True): "iew", (False, False): "search"}
PLACED_EXACTLY: Final = {(True, True): "in", (True, False): "sw", (False, True): "ew", (False, False): "co"}
"""Operators by whether a pattern holds on to the start and to the end. `in` is an equality that knows no wildcard."""


def body_conditions(written: object, columns: Mapping[str, Column]) -> Q:
    """The filter of a body as one condition; none if it is empty.

    :raises WireError: 400 for what is no filter, for too many conditions, or as `condition`.
    """
    return _Reader(columns).group(written)


@dataclass
class _Reader:
    """Reads one filter; `left` conditions may still come."""

    columns: Mapping[str, Column]
    left: int = MOST
    parts_left: int = MOST_PARTS

    def group(self, written: object, join: str = "and") -> Q:
        """A list of conditions, or one. How deep they may nest is bounded by the parser of bodies."""
        parts = written if isinstance(written, list) else [written]
        return reduce(JOINED_BY[join], map(self._part, parts), Q())

    def _part(self, written: object) -> Q:
        self.parts_left -= 1
        if self.parts_left < 0:
            raise refuse("filter", f"At most {MOST_PARTS} parts can be given.")
        match written:
            case None:
                return Q()
            case str():
                return reduce(and_, map(self._sentence, segments(written)), Q())
            case dict():
                return reduce(and_, (self._entry(str(name), inner) for name, inner in written.items()), Q())
            case list():
                return self.group(written)
        raise refuse(
            "filter", 'A filter is a list of conditions such as {"field": "value"} or {"field": {"$operator": "value"}}.'
        )

    def _entry(self, name: str, inner: object) -> Q:
        if name.removeprefix("$") in JOINED_BY:
            return self.group(inner, name.removeprefix("$"))
        compared = inner if isinstance(inner, dict) else {"$eq": inner}
        if not compared:
            raise refuse(name, "A comparison names an operator.")
        return reduce(and_, (self._comparison(name, str(operator), value) for operator, value in compared.items()), Q())

    def _comparison(self, name: str, written: str, value: object) -> Q:
        self._count()
        operator = written.removeprefix("$")
        if operator == "regex":
            operator, texts = _operator_of(name, _text_of(name, value))
            return condition(self.columns, name, operator, texts)
        if operator not in OPERATORS:
            raise refuse("filter", f"“{written[:60]}” is not an operator. Known: {', '.join(OPERATORS)}.")
        if value is None and operator in {"eq", "ne"}:
            return self._is_empty(name, operator == "eq")
        return condition(self.columns, name, operator, _texts_of(name, operator, value))

    def _sentence(self, text: str) -> Q:
        self._count()
        return written_condition(text, self.columns)

    def _is_empty(self, name: str, wanted: bool) -> Q:
        condition(self.columns, name, "in", [])  # refuses an unknown field
        return Q(**{f"{self.columns[name].path}__isnull": wanted})

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise refuse("filter", f"At most {MOST} conditions can be given.")


def _texts_of(name: str, operator: str, value: object) -> Sequence[str]:
    """The values of one comparison as text, which columns read; JSON says a list, a text with bars, or one value."""
    if isinstance(value, list) and operator in SEVERAL:
        return [_text_of(name, one) for one in value]
    text = _text_of(name, value)
    return alternatives_in(text) if operator in SEVERAL else [text]


def _text_of(name: str, value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
    raise refuse(name, "A value is a text, a number, true or false.")


def _operator_of(name: str, pattern: str) -> tuple[str, list[str]]:
    """What a literal pattern asks for: an operator and its value."""
    found = PATTERN.fullmatch(pattern)
    if found is None:
        raise WireError(
            400, f"The pattern of “{name[:60]}” is more than literal text with ^, $ and (?i), so it is not understood."
        )
    place = (bool(found["start"]), bool(found["end"]))
    return (PLACED if found["fold"] else PLACED_EXACTLY)[place], [ESCAPED.sub(r"\1", found["text"])]
