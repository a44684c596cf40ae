"""Lists: the newest first, in pages of up to 100; and the parts that a call asks to be expanded."""

import json
from typing import Any, Final

from payment_stand_in.call import Call
from payment_stand_in.errors import invalid
from payment_stand_in.state import Shape, State

LARGEST_PAGE: Final = 100
USUAL_PAGE: Final = "10"
PAGING: Final = ("limit", "starting_after", "created")
COMPARISONS: Final = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


def page(call: Call, kind: str, url: str, **fixed: str) -> Shape:
    """One page of the objects of a kind; `fixed` names columns and the values that they must have."""
    limit = call.whole("limit", USUAL_PAGE)
    if limit > LARGEST_PAGE:
        raise invalid("Invalid integer: limit", "parameter_invalid_integer", "limit")
    conditions = [("kind = ?", kind), *((f"{column} = ?", value) for column, value in fixed.items())]
    conditions += [*made(call), *after(call)]
    where = " and ".join(condition for condition, _ in conditions)
    values = [value for _, value in conditions]
    query = f"select shape from objects where {where} order by seq desc limit ?"  # noqa: S608 - of the texts above only
    rows = call.state.sql(query, [*values, limit + 1]).fetchall()
    shapes = [json.loads(row["shape"]) for row in rows]
    return {"object": "list", "url": url, "has_more": len(shapes) > limit, "data": shapes[:limit]}


def made(call: Call) -> list[tuple[str, Any]]:
    """The conditions of `created[gte]` and its like."""
    wanted = call.branch("created")
    if unknown := wanted.keys() - COMPARISONS.keys():
        raise invalid(f"Received unknown parameter: created[{unknown.pop()}]", "parameter_unknown", "created")
    return [(f"created {COMPARISONS[name]} ?", int(value)) for name, value in wanted.items()]


def after(call: Call) -> list[tuple[str, Any]]:
    """The condition of `starting_after`."""
    last = call.text("starting_after", "")
    if not last:
        return []
    row = call.state.sql("select seq from objects where id = ?", (last,)).fetchone()
    if row is None:
        raise invalid(f"No such object: '{last}'", "resource_missing", "starting_after")
    return [("seq < ?", row["seq"])]


def expanded(state: State, shape: Shape, paths: list[str]) -> Shape:
    """The object with whole objects in the place of the ids that the paths lead to."""
    for path in paths:
        expand(state, shape, path.split("."))
    return shape


def expand(state: State, shape: Shape, path: list[str]) -> None:
    """Put the object in the place of its id, and go on inside it."""
    step, *rest = path
    if step == "data" and isinstance(shape.get("data"), list):
        for part in shape["data"]:
            expand(state, part, rest)
        return
    if step not in shape:
        raise invalid(f"This property cannot be expanded ({step}).", "", "expand")
    if isinstance(shape[step], str):
        shape[step] = state.any(shape[step]) or shape[step]
    if rest and isinstance(shape[step], dict):
        expand(state, shape[step], rest)
