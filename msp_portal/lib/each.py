"""One thing after the other, so that one that fails keeps no other waiting."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(things: Iterable[T], act: Callable[[T], R], *, failed: str) -> list[R]:
    """What `act` made of each thing.

    :raises ExceptionGroup: after all others, called `failed`, with what went wrong with some; each fault names its thing.
    """
    made: list[R] = []
    faults: list[Exception] = []
    for thing in things:
        try:
            made.append(act(thing))
        except Exception as fault:  # noqa: BLE001 - raised below
            fault.add_note(str(thing))
            faults.append(fault)
    if faults:
        raise ExceptionGroup(failed, faults)
    return made
