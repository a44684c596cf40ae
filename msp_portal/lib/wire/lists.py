"""Lists of the JSON API: `fields`, `filter`, `sort`, `sortIgnoreCase`, `limit`, `skip` and `search` read, rows asked for, envelope and headers written.

Both dialects are understood everywhere: lists separated by commas (v2), by blanks (v1), in brackets (`fields[0]=id`), and repeated parameters.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils.http import urlencode

from msp_portal.lib.fold import contains_folded
from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.filters import MOST, Column, conditions
from msp_portal.lib.wire.texts import is_storable

Row = TypeVar("Row", bound=Model)

USUAL_LIMIT: Final = 10
LARGEST_LIMIT: Final = 100
LARGEST_SKIP: Final = 10_000_000
ALWAYS: Final = ("id", "_id")
"""Fields that no choice of `fields` leaves out: without them nothing could be done with a row."""
SEARCH_TERM: Final = "search[searchTerm]"
SEARCH_FIELDS: Final = "search[fields]"
LONGEST_TERM: Final = 200
SEVERAL_TERMS: Final = "x-eventually-consistent"
"""The header with which clients ask that `|` separate alternatives in filters (design: provider-api 2). Our lists are consistent with it too."""


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """How rows of one kind are listed. `columns` names what can be filtered and sorted by; `body` is one row on the wire.

    `envelope` names the list in the answer, beside `totalCount`; without it the answer is a bare array. `order` breaks ties and must be total.
    `search` finds the rows of a term when no fields to look in are named. Rows may be models or plain values: `body` knows which.
    """

    columns: Mapping[str, Column]
    body: Callable[[Any], Mapping[str, Any]]
    envelope: str | None = "results"
    order: tuple[str, ...] = ("pk",)
    most: int = LARGEST_LIMIT
    search: Callable[[QuerySet[Row], str], QuerySet[Row]] | None = None

    def answer(self, request: HttpRequest, rows: QuerySet[Row, Any], params: QueryDict | None = None) -> JsonResponse:
        """The page that `params` ask for, the query string if there are none, with `x-total-count` and `Link`; two statements, one if the
        page is the last.

        :raises WireError: 400 for a parameter that says nothing sensible.
        """
        params = request.GET if params is None else params
        limit, skip = limit_of(params, self.most), skip_of(params)
        found = self.narrowed(params, rows, several_terms=request.headers.get(SEVERAL_TERMS, "").lower() == "true")
        shown = list(found[skip : skip + limit + 1])  # one more tells whether there is a further page
        total = skip + len(shown) if 0 < len(shown) <= limit or not (shown or skip) else found.order_by().count()
        del shown[limit:]
        wanted = names_in(params, "fields")
        bodies = [self.body(row) for row in shown]
        if wanted:
            bodies = [picked(body, wanted) for body in bodies]
        content: Any = {self.envelope: bodies, "totalCount": total} if self.envelope else bodies
        answer = JsonResponse(content, safe=self.envelope is not None)
        answer["x-total-count"] = str(total)
        if request.method != "POST" and (links := links_of(request, limit=limit, skip=skip, total=total)):
            answer["Link"] = links
        return answer

    def narrowed(self, params: QueryDict, rows: QuerySet[Row, Any], *, several_terms: bool = False) -> QuerySet[Row, Any]:
        """The rows that match, in the order asked for. `several_terms` as `conditions` has it."""
        found, condition = self._searched(rows, params), conditions(params, self.columns, several_terms=several_terms)
        if condition:
            found = found.filter(condition)
        order = (*self._order(params), *self.order)
        return found if found.query.order_by == order else found.order_by(*order)

    def _searched(self, rows: QuerySet[Row, Any], params: QueryDict) -> QuerySet[Row, Any]:
        """Those in which one of the terms is found."""
        terms = _terms_in(params)
        if not terms or self.search is None:
            return rows
        fields = names_in(params, SEARCH_FIELDS)
        if not fields:
            return reduce(or_, [self.search(rows, term) for term in terms])
        return rows.filter(reduce(or_, [self._contains(name, term) for name in fields for term in terms]))

    def _contains(self, name: str, term: str) -> Q:
        """That the field contains the term, no case, no accents.

        :raises WireError: 400 for what is no text of this list.
        """
        column = self.columns.get(name)
        if column is None or column.kind != "text" or column.words:
            raise refuse("search", f"“{name[:60]}” cannot be searched in. It is no text of this list.")
        return contains_folded(column.path, term)

    def _order(self, params: QueryDict) -> list[Any]:
        plain = [self._ordering(name, folded=False) for name in names_in(params, "sort")]
        return plain + [self._ordering(name, folded=True) for name in names_in(params, "sortIgnoreCase")]

    def _ordering(self, written: str, *, folded: bool) -> Any:
        name = written.removeprefix("-")
        if name not in self.columns:
            raise refuse("sort", f"“{name[:60]}” cannot be sorted by. Known: {', '.join(sorted(self.columns))}.")
        column = self.columns[name]
        if folded and column.kind == "text":
            lowered = Lower(column.path)
            return lowered.desc() if written.startswith("-") else lowered.asc()
        return f"-{column.path}" if written.startswith("-") else column.path


def picked(body: Mapping[str, Any], wanted: list[str]) -> Mapping[str, Any]:
    """`body` with the wanted fields only, all of them if none is named. Names that no field has are passed over."""
    return {name: value for name, value in body.items() if name in wanted or name in ALWAYS} if wanted else body


def names_in(params: QueryDict, name: str) -> list[str]:
    """The names listed in a parameter, in whichever of the forms clients write it."""
    return [part for text in _texts_in(params, name) for part in re.split(r"[,\s]+", text) if part][:50]


def _texts_in(params: QueryDict, name: str) -> list[str]:
    """What stands under `name`, `name[]` and `name[0]`."""
    if not any(key.startswith(name) for key in params):
        return []
    written = re.compile(rf"{re.escape(name)}(\[\d*\])?")
    return [text for key in params if written.fullmatch(key) for text in params.getlist(key)]


def _terms_in(params: QueryDict) -> list[str]:
    """The terms of a search, in either form. One of them is to be found.

    :raises WireError: 400 for a term that no row can contain, or too many.
    """
    terms = [text for name in ("search", SEARCH_TERM) for text in _texts_in(params, name) if text]
    if len(terms) > MOST or any(not is_storable(term) or len(term) > LONGEST_TERM for term in terms):
        raise refuse(
            "search", f"The search has too many terms, one longer than {LONGEST_TERM} characters, or one that no row can contain."
        )
    return terms


def limit_of(params: QueryDict, most: int = LARGEST_LIMIT) -> int:
    """How many rows are asked for; the words above the maximum are the vendor's own.

    :raises WireError: 400 unless it is a whole number from 1 to `most`.
    """
    limit = _whole_number(params, "limit", USUAL_LIMIT)
    if limit > most:
        raise WireError(400, f'Bad Request: request parameter "limit" exceeds maximum value of {most}')
    if limit < 1:
        raise refuse("limit", f"The limit is a whole number from 1 to {most}.")
    return limit


def skip_of(params: QueryDict) -> int:
    """How many rows are passed over.

    :raises WireError: 400 unless it is a whole number from 0 to a bound that no list of ours reaches.
    """
    skip = _whole_number(params, "skip", 0)
    if not 0 <= skip <= LARGEST_SKIP:
        raise refuse("skip", f"skip is a whole number from 0 to {LARGEST_SKIP}.")
    return skip


def _whole_number(params: QueryDict, name: str, usual: int) -> int:
    text = params.get(name, "").strip()
    if not text:
        return usual
    if not re.fullmatch(r"-?[0-9]{1,12}", text):
        raise refuse(name, f"{name} is a whole number.")
    return int(text)


def links_of(request: HttpRequest, *, limit: int, skip: int, total: int) -> str:
    """The `Link` header (RFC 8288): where the next and the previous page are; empty when there is neither."""
    places = {"next": skip + limit if skip + limit < total else None, "prev": max(0, skip - limit) if skip else None}
    return ", ".join(f'<{_page(request, limit, place)}>; rel="{rel}"' for rel, place in places.items() if place is not None)


def _page(request: HttpRequest, limit: int, skip: int) -> str:
    rest = [(name, text) for name in request.GET for text in request.GET.getlist(name) if name not in {"limit", "skip"}]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*rest, ('limit', limit), ('skip', skip)])}")
