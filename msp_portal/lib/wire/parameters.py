"""The query parameters and headers that many addresses share, as OpenAPI describes them."""

from typing import Any, Final

Parameter = dict[str, Any]


def query(name: str, description: str, schema: dict[str, Any], **more: Any) -> Parameter:
    """An OpenAPI parameter object of the query string."""
    return {"in": "query", "name": name, "required": False, "description": description, "schema": schema, **more}


FIELDS: Final = query(
    "fields",
    "Names of the fields wanted, separated by commas or blanks; all if left out. The id always comes.",
    {"type": "string"},
    example="id,name",
)


def limit(most: int) -> Parameter:
    """`limit` of a list that gives up to `most` rows at once."""
    return query("limit", "How many rows at most.", {"type": "integer", "minimum": 1, "maximum": most, "default": 10})


LIMIT: Final = limit(100)
SKIP: Final = query("skip", "How many rows to pass over.", {"type": "integer", "minimum": 0, "maximum": 10_000_000, "default": 0})
SORT: Final = query(
    "sort", "Fields to sort by, separated by commas; a minus before one sorts downwards.", {"type": "string"}, example="-id"
)
SORT_IGNORE_CASE: Final = query("sortIgnoreCase", "As `sort`, without regard to case.", {"type": "string"}, example="name")
FILTER: Final = query(
    "filter",
    "Conditions `field:operator:value`, separated by commas, all of which must hold. Operators: eq, ne, gt, ge, lt, le, between (a|b), "
    "search, in (a|b|c); `*` in the value of eq stands for any characters. The parameter may be repeated.",
    {"type": "string"},
    example="name:eq:Harbor*",
)
V1_FILTER: Final = query(
    "filter",
    "Conditions `field:$operator:value`, all of which must hold; `filter[0]`, `filter[1]` and so on for several, `filter[or][0]` for those of "
    "which one must hold. Operators: $eq, $ne, $gt, $gte, $lt, $lte, $in and $nin (a|b|c), $sw, $ew, $co, $nco. The operators of v2 are taken too.",
    {"type": "string"},
    example="created:$gte:2026-03-01",
)
SEARCH: Final = query("search", "Words to look for in the names.", {"type": "string", "maxLength": 200}, example="harbor")
LIST: Final = (FIELDS, FILTER, LIMIT, SKIP, SORT, SORT_IGNORE_CASE)
PAGE: Final = (LIMIT, SKIP)


def v1_list(most: int = 100) -> tuple[Parameter, ...]:
    """What a list of v1 takes that gives up to `most` rows at once."""
    return (FIELDS, V1_FILTER, limit(most), SKIP, SORT, SORT_IGNORE_CASE, SEARCH)
