"""Rows of one page together with the sums of all that match, in one statement: two would be built, sent and searched for twice."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from django.db import connection
from django.db.models import QuerySet

R = TypeVar("R", bound=tuple[Any, ...])

# What a search finds is looked for once and kept. All of a provider's rows are better read twice: the page's perhaps along an index.
STATEMENT: Final = """
    with found as {kept} ({found}),
    sums as (select count(*) as number, {sums} from found),
    page as (
        select * from found order by {order} limit %s
        offset (select least(%s, greatest(number - 1, 0) / %s) * %s from sums)
    )
    select {cells}, {totals} from sums left join page on true order by {order}
"""


def rows_and_sums(
    rows: QuerySet[Any], kind: type[R], summed: Sequence[str], *, size: int, page: int, is_searched: bool
) -> tuple[list[R], dict[str, int]]:
    """The rows of page number `page` (or of the last one), each as a `kind`, and the sums of `summed` over all `rows`, whose `number` is among them.

    `kind` is a NamedTuple that names columns and annotations of `rows`, the key first; `rows` are ordered by columns and annotations, too.
    """
    cells: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]  # every NamedTuple has them
    order = [_with_direction(str(name), key=cells[0]) for name in rows.query.order_by]
    only_of_the_order = [column for column, _ in order if column not in cells]
    found, values = rows.order_by().values(*cells, *only_of_the_order).query.sql_with_params()
    statement = STATEMENT.format(
        kept="materialized" if is_searched else "not materialized",
        found=found,
        sums=", ".join(f"coalesce(sum({name}), 0) as sum_of_{name}" for name in summed),
        order=", ".join(f"{column} {direction}" for column, direction in order),
        cells=", ".join(cells),
        totals=", ".join(["number", *(f"sum_of_{name}" for name in summed)]),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, size, page - 1, size, size])
        read = cursor.fetchall()
    sums = dict(zip(["number", *summed], read[0][len(cells) :], strict=True))
    return [kind._make(row[: len(cells)]) for row in read if row[0] is not None], sums  # type: ignore[attr-defined]


def _with_direction(name: str, *, key: str) -> tuple[str, str]:
    """The column of one name in a queryset's order, and which way it goes."""
    column = name.removeprefix("-")
    return (key if column == "pk" else column), ("desc" if column != name else "asc")
