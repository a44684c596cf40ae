"""Whether the demo of this clone runs, and where: a lock that its supervisor holds, and what it wrote beside it."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from . import places
from .own_secrets import write_private
from .say import Refusal

LOCK = places.VAR / "demo.lock"
STATE = places.VAR / "running.json"


def take_lock() -> IO[str]:
    """Hold the lock as long as the file that is returned stays open; two demos on one data folder would corrupt it.

    :raises Refusal: if another process holds it.
    """
    places.state_folder()
    handle = LOCK.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise Refusal(
            f"The portal of this clone runs already (process {holder()}): bin/demo --status, bin/demo --stop."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def holder() -> int | None:
    """The process that holds the lock, or None when nobody does."""
    try:
        handle = LOCK.open("r+")
    except FileNotFoundError:
        return None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(handle.read() or 0) or None
    return None


def note(state: dict[str, Any]) -> None:
    """Write down what runs where, for --status and --stop."""
    write_private(STATE, json.dumps(state, indent=2))


def noted() -> dict[str, Any]:
    """What was written down last; empty without anything."""
    try:
        found: dict[str, Any] = json.loads(STATE.read_text())
    except FileNotFoundError:
        return {}
    return found


def forget() -> None:
    """Remove what was written down, as nothing runs any more."""
    Path(STATE).unlink(missing_ok=True)
