"""Interleaved rounds of a measure and its floor. A time alone proves nothing on a shared machine; a ratio does."""

import time
from dataclasses import dataclass
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

NOT_COUNTED = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "select set_config")


@dataclass(frozen=True)
class Result:
    """Medians and spread in seconds, and their ratio: `share` of the floor's speed, or how many `times` its time.

    A few have no floor: of kind `seconds`, their time itself is what was promised.
    """

    name: str
    size: str
    seconds: float
    fastest: float
    slowest: float
    floor: str
    floor_seconds: float | None
    kind: str
    goal: float | None
    note: str = ""

    @property
    def ratio(self):
        if self.floor_seconds is None:
            return None
        return self.floor_seconds / self.seconds if self.kind == "share" else self.seconds / self.floor_seconds

    @property
    def is_met(self):
        if self.goal is None:
            return None
        if self.kind == "seconds":
            return self.seconds <= self.goal
        return self.ratio >= self.goal if self.kind == "share" else self.ratio <= self.goal


def beside(floor, measure, *, rounds):
    """Run both in turn, after a round that does not count; the seconds of each."""
    floor(), measure()
    seconds = {"floor": [], "measure": []}
    for _ in range(rounds):
        seconds["floor"].append(seconds_of(floor))
        seconds["measure"].append(seconds_of(measure))
    return seconds["floor"], seconds["measure"]


def alone(measure, *, rounds):
    """Run what has no floor, after a round that does not count."""
    measure()
    return [], [seconds_of(measure) for _ in range(rounds)]


def result(name, size, floor_name, timed, *, kind, goal, note="", each=1):
    """The medians of what `beside` timed, divided by `each` (how many acts a round holds)."""
    floor, measure = ([second / each for second in seconds] for seconds in timed)
    spread = {"fastest": min(measure), "slowest": max(measure)}
    return Result(
        name=name,
        size=size,
        seconds=median(measure),
        **spread,
        floor=floor_name,
        floor_seconds=median(floor) if floor else None,
        kind=kind,
        goal=goal,
        note=note,
    )


def statements(act, acts):
    """How many SQL statements each of the acts in `act` takes, BEGIN, COMMIT and the scope not counted."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum(not query["sql"].lstrip().startswith(NOT_COUNTED) for query in captured.captured_queries) / acts


def seconds_of(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
