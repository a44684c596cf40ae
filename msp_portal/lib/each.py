"""One thing after the other, so that one that fails keeps no other waiting; and some at a time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in order, `size` at a time. (`itertools` has it from Python 3.12 on.)"""
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


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
