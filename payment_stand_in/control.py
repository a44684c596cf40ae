"""The control address, for tests: JSON in, JSON out, behind a key of its own."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from payment_stand_in import events, faults, outbox, settlement
from payment_stand_in.errors import ApiError, invalid
from payment_stand_in.settings import Settings
from payment_stand_in.state import Memory, shown

KEY_HEADER: Final = "Stand-In-Control-Key"


@dataclass(frozen=True)
class Order:
    """What a test wants, and what it is done with."""

    memory: Memory
    settings: Settings
    wanted: dict[str, Any]


def answer(request: Request, memory: Memory, settings: Settings) -> Response:
    """Carry out what the last part of the address names."""
    if not hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode(), settings.control_key.encode()):
        return Response("The control key is missing.", 403)
    act = ACTS.get(request.path.removeprefix("/control/"))
    if act is None or request.method != "POST":
        return Response(f"POST to one of {', '.join(sorted(ACTS))}.", 404)
    try:
        done = act(Order(memory, settings, json.loads(request.get_data() or b"{}")))
    except ApiError as error:
        return Response(json.dumps(error.shape), error.status, mimetype="application/json")
    return Response(json.dumps(shown(done)), mimetype="application/json")


def fault(order: Order) -> Any:
    """`path`, `action` and `times`: let the next calls fail."""
    with order.memory.transaction() as state:
        faults.plan(state, order.wanted.get("path", ""), order.wanted["action"], int(order.wanted.get("times", 1)))
    return {}


def settle(order: Order) -> Any:
    """Let all banks answer now."""
    with order.memory.transaction() as state:
        return {"settled": settlement.settle_banks(state, order.settings, now=True)}


def bring_returns(order: Order) -> Any:
    """Let all debits come back now that do, and all cards be disputed that are."""
    with order.memory.transaction() as state:
        return {"returned": settlement.bring_returns(state, now=True)}


def dispute(order: Order) -> Any:
    """`charge` (a PaymentIntent), `reason` and `status`: dispute a charge that succeeded, or decide a dispute by `dispute`."""
    status = order.wanted.get("status", "needs_response")
    with order.memory.transaction() as state:
        if "dispute" in order.wanted:
            return settlement.close(state, state.find("dispute", order.wanted["dispute"]), status)
        intent = state.find("payment_intent", order.wanted["charge"])
        if intent["status"] != "succeeded":
            raise invalid("Only a charge that succeeded can be disputed.")
        return settlement.dispute(state, intent, order.wanted.get("reason", "fraudulent"), status)


def renew(order: Order) -> Any:
    """`token`, `exp_month` and `exp_year`: the card's network sends a new expiry."""
    with order.memory.transaction() as state:
        method = state.find("payment_method", order.wanted["token"])
        method["card"] |= {name: int(order.wanted[name]) for name in ("exp_month", "exp_year")}
        events.tell(state, "payment_method.updated", state.save(method))
    return method


def deliver(order: Order) -> Any:
    """Send events now: `times` over, `shuffle`d, on `threads`, `again` those that were taken."""
    wanted = order.wanted
    taken = outbox.deliver_now(
        order.memory,
        order.settings,
        times=int(wanted.get("times", 1)),
        shuffle=bool(wanted.get("shuffle", False)),
        threads=int(wanted.get("threads", 1)),
        again=bool(wanted.get("again", False)),
    )
    return {"taken": taken}


def configure(order: Order) -> Any:
    """`paused`, `webhook_url`, `webhook_secrets` (with commas), `clock` (seconds ahead of the machine's)."""
    with order.memory.transaction() as state:
        for name in ("paused", "webhook_url", "webhook_secrets", "clock"):
            if name in order.wanted:
                value = order.wanted[name]
                state.remember(name, str(int(value)) if isinstance(value, bool) else str(value))
    return {}


def everything(order: Order) -> Any:
    """All objects of a `kind`, the oldest first."""
    with order.memory.transaction() as state:
        return state.all(order.wanted["kind"])


def all_events(order: Order) -> Any:
    """All events, the oldest first, with `delivered` and `attempts`."""
    with order.memory.transaction() as state:
        rows = state.sql("select * from outbox order by seq").fetchall()
    return [
        {
            "event": json.loads(row["event"]),
            "body": row["event"],
            "delivered": row["delivered_at"] is not None,
            "attempts": row["attempts"],
        }
        for row in rows
    ]


def reset(order: Order) -> Any:
    """Be as new."""
    with order.memory.transaction() as state:
        state.forget_everything()
    return {}


ACTS: Final[dict[str, Callable[[Order], Any]]] = {
    "fault": fault,
    "settle": settle,
    "return": bring_returns,
    "dispute": dispute,
    "renew": renew,
    "deliver": deliver,
    "configure": configure,
    "objects": everything,
    "events": all_events,
    "reset": reset,
}
