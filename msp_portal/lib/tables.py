"""A list's search, filters, order and page, read from the query string and written back into links that keep the rest of it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from msp_portal.lib.summed import rows_and_sums

PAGE_SIZES = (25, 50, 100)
LONGEST_SEARCH = 100

Row = TypeVar("Row", bound=Model)
Tuple = TypeVar("Tuple", bound=tuple[Any, ...])
Shown = TypeVar("Shown")
Narrow = Callable[[Any], QuerySet[Any]]  # of the queryset's own class, whose methods narrow it


@dataclass(frozen=True)
class Choice:
    """One value of a filter: what the link says, and how it narrows the queryset."""

    label: str | Promise
    narrow: Narrow


@dataclass(frozen=True)
class Link:
    """A link of a list. `aria_sort` is `ascending`, `descending` or `none` for headers, empty for others."""

    id: str
    label: str | Promise
    url: str
    is_current: bool = False
    aria_sort: str = ""


@dataclass(frozen=True)
class TableQuery:
    """What the reader asked of a list. Every value is one of those offered; anything else fell back silently.

    `columns` maps the name in the URL to the field (or fields) to order by; `default` is such a name, with `-` for descending.
    """

    columns: Mapping[str, str | tuple[str, ...]]
    default: str
    filters: Mapping[str, Mapping[str, Choice]] = field(default_factory=dict)
    search: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None
    words: str = ""
    order: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    size: int = PAGE_SIZES[0]
    number: int = 1

    @classmethod
    def from_request(
        cls,
        params: Mapping[str, str],
        *,
        columns: Mapping[str, str | tuple[str, ...]],
        default: str,
        filters: Mapping[str, Mapping[str, Choice]] | None = None,
        search: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None,
    ) -> "TableQuery":
        """Read `q`, `sort`, `size`, `page` and the filters' names out of `request.GET`."""
        filters = filters or {}
        order = params.get("sort", "")
        return cls(
            columns=columns,
            default=default,
            filters=filters,
            search=search,
            words=_clean(params.get("q", "")) if search else "",
            order=order if order.removeprefix("-") in columns else default,
            chosen={name: params[name] for name, choices in filters.items() if params.get(name) in choices},
            size=_bounded(params.get("size"), PAGE_SIZES, PAGE_SIZES[0]),
            number=_positive(params.get("page")),
        )

    def filtered(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """`rows` searched, narrowed and ordered, not cut into pages: what a CSV of this list holds."""
        if self.search and self.words:
            rows = self.search(rows, self.words)
        for name, value in self.chosen.items():
            rows = self.filters[name][value].narrow(rows)
        return rows.order_by(*self._ordering)

    def page(self, rows: QuerySet[Row]) -> "TablePage[Row]":
        """The page asked for, or the last one; one COUNT and at most one SELECT."""
        paginator = Paginator(self.filtered(rows), self.size)
        cut = paginator.get_page(self.number)
        return TablePage(self, list(cut.object_list) if paginator.count else [], paginator.count, cut.number, paginator)

    def page_and_sums(
        self, rows: QuerySet[Any], kind: type[Tuple], summed: Sequence[str]
    ) -> "tuple[TablePage[Tuple], dict[str, int]]":
        """The same page as tuples of `kind`, with the sums of the columns `summed` over all that match; one statement (msp_portal/lib/summed.py)."""
        shown, sums = rows_and_sums(
            self.filtered(rows), kind, summed, size=self.size, page=self.number, is_searched=bool(self.words)
        )
        paginator = Paginator(range(sums["number"]), self.size)
        return TablePage(self, shown, paginator.count, paginator.get_page(self.number).number, paginator), sums

    def url(self, **changes: str | int | None) -> str:
        """`?…` of this list with `changes`; None drops a value, and any change but `page` leads to the first page."""
        asked: dict[str, str | int | None] = {**self._asked, "page": None, **changes}
        return "?" + urlencode({name: value for name, value in asked.items() if not self._is_usual(name, value)})

    @property
    def query(self) -> str:
        """`?…` without page and size: what the CSV's link carries."""
        return self.url(size=None)

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.chosen)

    @cached_property
    def sort(self) -> dict[str, Link]:
        """One header link a column, by its name in the URL."""
        return {name: self._sort_link(name) for name in self.columns}

    @cached_property
    def choices(self) -> dict[str, list[Link]]:
        """The links of each filter, by its name in the URL."""
        return {
            name: [
                Link(f"{name}-{value}", choice.label, self.url(**{name: value}), self.chosen.get(name) == value)
                for value, choice in choices.items()
            ]
            for name, choices in self.filters.items()
        }

    @cached_property
    def every(self) -> dict[str, Link]:
        """For each filter the link that takes it off."""
        return {name: Link(f"{name}-all", "", self.url(**{name: None}), name not in self.chosen) for name in self.filters}

    @property
    def kept(self) -> list[tuple[str, str | int]]:
        """What a search must carry along as hidden fields."""
        return [(name, value) for name, value in self._asked.items() if name != "q" and not self._is_usual(name, value)]

    @property
    def _asked(self) -> dict[str, str | int]:
        return {"q": self.words, **self.chosen, "sort": self.order, "size": self.size}

    def _is_usual(self, name: str, value: str | int | None) -> bool:
        """Whether the URL need not say it, because that is what a bare address shows."""
        return value in (None, "") or (name, value) in {("sort", self.default), ("size", PAGE_SIZES[0])}

    @property
    def _ordering(self) -> list[str]:
        minus = "-" if self.order.startswith("-") else ""
        fields = self.columns[self.order.removeprefix("-")]
        # The key at the end makes the order total: without it a row could stand on two pages or on none.
        return [minus + name for name in ((fields,) if isinstance(fields, str) else fields)] + [f"{minus}pk"]

    def _sort_link(self, name: str) -> Link:
        is_current = self.order.removeprefix("-") == name
        if not is_current:
            return Link(f"sort-{name}", "", self.url(sort=name), aria_sort="none")
        is_descending = self.order.startswith("-")
        other_way = name if is_descending else f"-{name}"
        return Link(f"sort-{name}", "", self.url(sort=other_way), True, "descending" if is_descending else "ascending")


@dataclass(frozen=True)
class TablePage(Generic[Shown]):
    """The rows of one page, and the links around it."""

    table: TableQuery
    rows: list[Shown]
    total: int
    number: int
    paginator: "Paginator[Any]"

    @property
    def first(self) -> int:
        return (self.number - 1) * self.table.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def previous_url(self) -> str | None:
        return self.table.url(page=self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return self.table.url(page=self.number + 1) if self.number < self.paginator.num_pages else None

    @property
    def numbers(self) -> list[Link]:
        """Links to the first, the last and the pages around this one; a gap has no URL."""
        return [self._number_link(number) for number in self._shown_numbers()]

    @property
    def sizes(self) -> list[Link]:
        return [Link(f"size-{n}", str(n), self.table.url(size=n), n == self.table.size) for n in PAGE_SIZES]

    def _shown_numbers(self) -> list[int | str]:
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=1, on_ends=1))

    def _number_link(self, number: int | str) -> Link:
        if isinstance(number, int):
            return Link(f"page-{number}", str(number), self.table.url(page=number), number == self.number)
        return Link("", number, "")


def _clean(words: str) -> str:
    """Postgres refuses NUL, and nobody searches for line breaks."""
    return " ".join(words.replace("\0", " ").split())[:LONGEST_SEARCH]


def _bounded(text: str | None, allowed: tuple[int, ...], default: int) -> int:
    return next((value for value in allowed if text == str(value)), default)


def _positive(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,6}", text) else 1
