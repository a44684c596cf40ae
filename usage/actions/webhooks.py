"""Telling a provider's own systems of what happened: an event is written in the transaction of the act, and sent by the worker."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from accounts.models import Provider
from msp_portal.lib import nudge

DELIVER: Final = "usage.tasks.deliver_webhooks"
JSON: Final = DjangoJSONEncoder(separators=(",", ":"), ensure_ascii=False)


def announce(type: str, data: Mapping[str, Any], *, provider: Provider, at: datetime, about: str = "") -> int:  # noqa: A002 - it is the event's `type`
    """Write one delivery of the event for each active endpoint of the provider that listens to `type`; how many. Call it inside the transaction
    of the act, in the provider's scope or in the system's. `data` is what JSON can say, with dates, times and decimals; `about` is the id of the
    row that the deliveries are found by again."""
    return announce_all(type, [data], provider_id=provider.pk, at=at, about=about)


def announce_all(type: str, every: Sequence[Mapping[str, Any]], *, provider_id: str, at: datetime, about: str = "") -> int:  # noqa: A002
    """The same for many events of one type; two statements, one where nobody listens."""
    with connection.cursor() as cursor:
        cursor.execute("select usage_listens(%s, %s)", [provider_id, type])
        if not cursor.fetchone()[0]:
            return 0
        bodies = [body_of(type, data, at) for data in every]
        cursor.execute("select usage_announce(%s, %s, %s::text[], %s, %s)", [provider_id, type, bodies, at, about])
        written: int = cursor.fetchone()[0]
    if written:
        send_after_commit()
    return written


def body_of(type: str, data: Mapping[str, Any], at: datetime) -> str:  # noqa: A002
    """The event as it is sent, to the letter: what is signed is what was written here."""
    told = {"type": type, "timestamp": at.astimezone(UTC), "data": data}
    return JSON.encode(told)


def send_after_commit() -> None:
    """Ask the worker to send; if the broker is away, its run of the next minute does."""
    transaction.on_commit(partial(nudge.worker, DELIVER), robust=True)
