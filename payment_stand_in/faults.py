"""Faults on demand: what the network and the real service do on bad days."""

from dataclasses import dataclass
from typing import Final

from payment_stand_in.errors import invalid
from payment_stand_in.state import Memory, State

# The work is done or not (before, after); the caller hears nothing (drop), an error (500), or the truth too late (delay:2.5).
ACTIONS: Final = ("drop_before", "drop_after", "500_before", "500_after")
DELAY: Final = "delay:"


@dataclass(frozen=True)
class Fault:
    """What happens to one call."""

    action: str = ""

    @property
    def seconds(self) -> float:
        """How late the answer is."""
        return float(self.action.removeprefix(DELAY)) if self.action.startswith(DELAY) else 0


def plan(state: State, path: str, action: str, times: int) -> None:
    """Let the next `times` calls whose method and path contain `path` fail in this way."""
    if action not in ACTIONS and not is_delay(action):
        raise invalid(f"Unknown fault: {action}")
    state.sql("insert into faults (path, action, remaining) values (?, ?, ?)", (path, action, times))


def is_delay(action: str) -> bool:
    """Whether it is `delay:` and a number of seconds."""
    return action.startswith(DELAY) and action.removeprefix(DELAY).replace(".", "", 1).isdecimal()


def next_for(memory: Memory, method: str, path: str) -> Fault:
    """The fault that is planned for this call, used up by it."""
    called = f"{method} {path}"
    with memory.transaction() as state:
        query = "select seq, action from faults where remaining > 0 and instr(?, path) > 0 order by seq limit 1"
        row = state.sql(query, (called,)).fetchone()
        if row is None:
            return Fault()
        state.sql("update faults set remaining = remaining - 1 where seq = ?", (row["seq"],))
    return Fault(row["action"])
