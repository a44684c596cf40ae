"""The stand-in's memory: one SQLite file, so that it survives a restart and a kill."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from payment_stand_in.errors import no_such

Shape = dict[str, Any]

SCHEMA: Final = Path(__file__).with_name("schema.sql")
TABLES: Final = ("objects", "keys", "outbox", "timers", "faults", "notes")


class Memory:
    """The file. One transaction at a time, for all threads; each takes less than a millisecond."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.Lock()
        self.wire = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.wire.row_factory = sqlite3.Row
        self.wire.executescript(f"pragma journal_mode = wal; pragma synchronous = normal; {SCHEMA.read_text()}")
        # What was being done when the process was killed: done with its answer, or not done at all.
        self.wire.execute("delete from keys where answer is null")
        self.wire.execute("update keys set running = 0")

    @contextmanager
    def transaction(self) -> Iterator["State"]:
        """All or nothing of what is done in the block."""
        with self.lock:
            self.wire.execute("begin immediate")
            try:
                yield State(self.wire)
            except BaseException:
                self.wire.execute("rollback")
                raise
            self.wire.execute("commit")

    def close(self) -> None:
        """End it, when no transaction runs."""
        with self.lock:
            self.wire.close()


class State:
    """What can be asked and changed inside a transaction."""

    def __init__(self, wire: sqlite3.Connection) -> None:
        self.sql = wire.execute

    def now(self) -> float:
        """Seconds since 1970 by the stand-in's clock, which tests may set."""
        return time.time() + float(self.note("clock", "0"))

    def note(self, name: str, default: str = "") -> str:
        """A thing remembered by name."""
        row = self.sql("select value from notes where name = ?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def remember(self, name: str, value: str) -> None:
        """Remember a thing by name."""
        self.sql("insert or replace into notes values (?, ?)", (name, value))

    def add(self, prefix: str, kind: str, shape: Shape) -> Shape:
        """Keep a new object, which gets its id and its time of making."""
        whole = {"id": new_id(prefix), "object": kind, "created": int(self.now()), "livemode": False, **shape}
        columns = (whole["id"], kind, whole.get("customer") or "", whole.get("payment_intent") or "", whole["created"])
        self.sql(
            "insert into objects (id, kind, customer, intent, created, shape) values (?, ?, ?, ?, ?, ?)",
            (*columns, json.dumps(whole)),
        )
        return whole

    def find(self, kind: str, identity: str) -> Shape:
        """The object.

        :raises ApiError: 404, if there is none of that kind and id.
        """
        row = self.sql("select shape from objects where id = ? and kind = ?", (identity, kind)).fetchone()
        if row is None:
            raise no_such(kind, identity)
        found: Shape = json.loads(row["shape"])
        return found

    def any(self, identity: str) -> Shape | None:
        """The object of that id, of whatever kind."""
        row = self.sql("select shape from objects where id = ?", (identity,)).fetchone()
        return json.loads(row["shape"]) if row else None

    def save(self, shape: Shape) -> Shape:
        """Keep what was changed in an object."""
        changed = (shape.get("customer") or "", json.dumps(shape), shape["id"])
        self.sql("update objects set customer = ?, shape = ? where id = ?", changed)
        return shape

    def all(self, kind: str) -> list[Shape]:
        """All objects of the kind, the oldest first."""
        return [json.loads(row["shape"]) for row in self.sql("select shape from objects where kind = ? order by seq", (kind,))]

    def forget_everything(self) -> None:
        """Be as new."""
        for table in TABLES:
            self.sql(f"delete from {table}")  # noqa: S608 - names of our own


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(12)}"


def shown(shape: Any) -> Any:
    """The shape as it goes out: without what only the stand-in knows."""
    if isinstance(shape, dict):
        return {key: shown(value) for key, value in shape.items() if not key.startswith("_")}
    return [shown(part) for part in shape] if isinstance(shape, list) else shape
