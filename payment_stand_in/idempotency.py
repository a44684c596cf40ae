"""`Idempotency-Key`: the same key and request get the same answer, whatever became of the first one."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from payment_stand_in.call import Answer
from payment_stand_in.errors import ApiError
from payment_stand_in.state import Memory, State, shown

LONGEST_KEY: Final = 255
LIFETIME: Final = 86_400


@dataclass(frozen=True)
class Keyed:
    """A call with a key. `request` tells whether it is the same one again."""

    key: str
    request: str


def keyed(key: str, method: str, path: str, body: bytes) -> Keyed | None:
    """What the key stands for; None without one, and for calls that change nothing."""
    if not key or method != "POST":
        return None
    return Keyed(key[:LONGEST_KEY], hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest())


def begin(memory: Memory, call: Keyed) -> Answer | None:
    """Take the key; the former answer if there is one.

    :raises ApiError: 400 if the key stands for another request, 409 if that one is still running.
    """
    with memory.transaction() as state:
        state.sql("delete from keys where begun_at < ?", (state.now() - LIFETIME,))
        row = state.sql("select * from keys where key = ?", (call.key,)).fetchone()
        if row is None:
            state.sql("insert into keys (key, request, begun_at) values (?, ?, ?)", (call.key, call.request, state.now()))
            return None
    if row["request"] != call.request:
        raise ApiError(
            400,
            "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
        )
    if row["running"]:
        words = "There is currently another in-progress request using this Idempotent Key."
        raise ApiError(409, "idempotency_error", words, "idempotency_key_in_use")
    return Answer(json.loads(row["answer"]), row["status"])


def run(memory: Memory, call: Keyed | None, work: Callable[[State], Answer]) -> Answer:
    """Do the work and keep its answer, both or neither; a refusal keeps nothing and frees the key."""
    try:
        with memory.transaction() as state:
            answer = work(state)
            if call is not None:
                kept = (answer.status, json.dumps(shown(answer.shape)), call.key)
                state.sql("update keys set status = ?, answer = ? where key = ?", kept)
            return answer
    except Exception:
        if call is not None:
            forget(memory, call)
        raise


def forget(memory: Memory, call: Keyed) -> None:
    """Free the key, as nothing was done."""
    with memory.transaction() as state:
        state.sql("delete from keys where key = ? and answer is null", (call.key,))


def end(memory: Memory, call: Keyed | None) -> None:
    """The answer is on its way: from now on it can be had again."""
    if call is not None:
        with memory.transaction() as state:
            state.sql("update keys set running = 0 where key = ?", (call.key,))
