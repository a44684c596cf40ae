"""Form-encoded bodies in Stripe's manner: `metadata[order]=6` and `types[0]=card`."""

import re
from collections.abc import Iterable
from typing import Any, Final

KEY: Final = re.compile(r"\[([^\[\]]*)\]")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The tree that the flat pairs tell; a branch whose names are numbers is a list."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        place(tree, [name.split("[", 1)[0], *KEY.findall(name)], value)
    return {name: as_list(branch) for name, branch in tree.items()}


def place(tree: dict[str, Any], path: list[str], value: str) -> None:
    """Put the value where the path leads; an empty step, as in `types[]`, takes the next number."""
    step, *rest = path
    step = step or str(len(tree))
    if rest:
        place(tree.setdefault(step, {}), rest, value)
    else:
        tree[step] = value


def as_list(branch: Any) -> Any:
    """The branch with its numbered parts as lists."""
    if not isinstance(branch, dict):
        return branch
    parts = {name: as_list(part) for name, part in branch.items()}
    return list(parts.values()) if parts and all(name.isdigit() for name in parts) else parts
