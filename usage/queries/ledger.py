"""The seat ledger read as a feed, on and on, without missing what commits late (`usage/migrations/0004_ledger_in_order.sql`); and told in words."""

from django.db import connection, models
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from usage.models import SeatEvent


class What(models.TextChoices):
    """What an event of the ledger was, seen from its organization."""

    ADDED = "added", _("added")
    REMOVED = "removed", _("removed")
    MOVED_IN = "moved in", _("moved in")
    MOVED_OUT = "moved out", _("moved out")
    RESTORED = "restored", _("restored")


def events_after(rows: QuerySet[SeatEvent], last: int, *, most: int) -> list[SeatEvent]:
    """Up to `most` of the events after the one numbered `last`, in the order of their numbers; two statements.

    An event waits until nobody who is still writing could come before it. So whoever reads on from the last number he was given misses none
    and sees none twice; within an organization the order is that of its counts.
    """
    settled = settled_event()  # before the events are read: the other way round, one could commit in between
    return list(rows.filter(pk__gt=last, pk__lte=settled).order_by("pk")[:most])


def in_words(rows: QuerySet[SeatEvent]) -> QuerySet[SeatEvent]:
    """Adds `what`. A move is one where the same user or device left another organization at the very instant, as far as the reader reaches
    both; restored is who comes back where he was removed."""
    same = SeatEvent.objects.filter(provider_id=OuterRef("provider_id"), subject_id=OuterRef("subject_id"))
    elsewhere = (
        same.filter(at=OuterRef("at")).exclude(delta=OuterRef("delta")).exclude(organization_id=OuterRef("organization_id"))
    )
    moved = Exists(elsewhere)
    returned = Exists(same.filter(organization_id=OuterRef("organization_id"), delta=-1, pk__lt=OuterRef("pk")))
    return rows.annotate(
        what=Case(
            When(moved, delta=1, then=Value(What.MOVED_IN)),
            When(moved, then=Value(What.MOVED_OUT)),
            When(delta=-1, then=Value(What.REMOVED)),
            When(returned, then=Value(What.RESTORED)),
            default=Value(What.ADDED),
        )
    )


def settled_event() -> int:
    """The number up to which the ledger is whole: nothing below it can appear any more. Ask in a statement before the one that reads."""
    with connection.cursor() as cursor:
        cursor.execute("select usage_ledger_settled()")
        return int(cursor.fetchone()[0])
