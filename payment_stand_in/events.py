"""Events: written in the transaction of what they tell, delivered later by the outbox."""

import json
from typing import Final

from payment_stand_in.state import Shape, State, new_id, shown

API_VERSION: Final = "2026-10-28.endive"


def tell(state: State, kind: str, shape: Shape) -> None:
    """Write an event about the object as it is now."""
    event = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(state.now()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": shown(shape)},
    }
    state.sql("insert into outbox (id, event, due_at) values (?, ?, 0)", (event["id"], json.dumps(event)))
