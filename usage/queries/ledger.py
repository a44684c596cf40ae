"""The seat ledger read as a feed: on and on, without missing what commits late (`usage/migrations/0004_ledger_in_order.sql`)."""

from django.db import connection
from django.db.models import QuerySet

from usage.models import SeatEvent


def events_after(rows: QuerySet[SeatEvent], last: int, *, most: int) -> list[SeatEvent]:
    """Up to `most` of the events after the one numbered `last`, in the order of their numbers; two statements.

    An event waits until nobody who is still writing could come before it. So whoever reads on from the last number he was given misses none
    and sees none twice; within an organization the order is that of its counts.
    """
    settled = _settled()  # before the events are read: the other way round, one could commit in between
    return list(rows.filter(pk__gt=last, pk__lte=settled).order_by("pk")[:most])


def _settled() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select usage_ledger_settled()")
        return int(cursor.fetchone()[0])
