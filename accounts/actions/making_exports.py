"""What the worker does with exports: it writes the file of a listing piece by piece, in the place of whoever asked for it.

It reads in one frozen transaction in that person's scope, so the file is of one instant and has what his page has. What it writes is committed
beside that, over a second connection: progress moves, memory stays flat, and a worker that lost its claim stops at the next piece.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, Final, Self

import structlog
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import Http404
from django.utils import translation

from accounts.bounds import EXPORT_ATTEMPTS_MAX, EXPORT_LEASE, EXPORT_TRIED_AGAIN_AFTER, EXPORTS_KEPT_FOR
from accounts.doors import MayNot, request_for
from accounts.listings import listing_for
from accounts.models import Access, Administrator, Export
from msp_portal.lib import tenancy
from msp_portal.lib.csv_export import csv_chunks, dialect_of
from msp_portal.lib.each import each

log = structlog.get_logger(__name__)
State = Export.State

CHUNKS_A_PIECE: Final = 10
CLAIM: Final = """
    update accounts_export set state = 'making', attempt = attempt + 1, rows_written = 0, size = 0, lease_ends_at = %(lease_ends_at)s
    where id = (select id from accounts_export
                where state in ('waiting', 'making') and attempt < %(most)s and coalesce(lease_ends_at <= %(at)s, true)
                order by asked_at, id limit 1 for no key update skip locked)
    returning *
"""
STEP: Final = """
    with held as (
        update accounts_export set rows_written = %(rows)s, size = size + %(size)s, lease_ends_at = %(lease_ends_at)s
        where id = %(export)s and attempt = %(attempt)s and state = 'making' returning id, provider_id
    )
    insert into accounts_exportpiece (provider_id, export_id, place, content)
    select provider_id, id, %(place)s, %(content)s from held
"""
BEGIN: Final = "delete from accounts_exportpiece where export_id = %(export)s"


class ClaimLost(Exception):
    """Someone deleted the export, or took this worker for dead."""


def work_exports(now: Callable[[], datetime]) -> int:
    """Make the files that were asked for, one after the other; their number. Several workers may do so at once.

    :raises ExceptionGroup: after all others, with what went wrong with some. Each of these is tried again a little later.
    """
    try:
        return len(each(iter(lambda: claim(now()), None), lambda claimed: _attempt(claimed, now), failed="exports"))
    finally:
        _give_up_on_lapsed(now())


def claim(at: datetime) -> Export | None:
    """The next export to be made, kept from other workers; committed before the work."""
    asked = {"at": at, "lease_ends_at": at + EXPORT_LEASE, "most": EXPORT_ATTEMPTS_MAX}
    with tenancy.system("claim an export"):
        return next(iter(Export.objects.raw(CLAIM, asked)), None)


def make(claimed: Export, now: Callable[[], datetime]) -> None:
    """Write the file. Whoever may not read the listing any more gets none, and is told."""
    try:
        with translation.override(claimed.language), Pen(claimed, now) as pen:
            rights = _written(claimed, pen, now())
        _settle(claimed, now(), state=State.READY, rights=rights, made_at=now(), expires_at=now() + EXPORTS_KEPT_FOR)
    except MayNot:
        _settle(claimed, now(), state=State.FAILED, problem="too_junior")
    except Http404:
        _settle(claimed, now(), state=State.FAILED, problem="gone")
    except ClaimLost:
        log.info("accounts.export.lost", export=claimed.pk, provider=claimed.provider_id)


def rights_of(place: Administrator) -> str:
    """What decides what `place` sees in a listing: the role, and the organizations that he reaches. Needs his scope."""
    reached = Access.objects.filter(administrator_id=place.pk, provider_id=place.provider_id).order_by("organization_id")
    organizations = list(reached.values_list("organization_id", flat=True)) if place.is_limited else []
    return sha256("|".join([place.role, place.reach.kind, *organizations]).encode()).hexdigest()


def forget_exports(at: datetime) -> int:
    """Remove files whose time is over; how many."""
    with tenancy.system("exports whose time is over"):
        old = Export.objects.forgotten(at)
        number = old.count()
        old.delete()
    return number


class Pen:
    """Writes the pieces of one file over a connection of its own, each committed by itself."""

    def __init__(self, claimed: Export, now: Callable[[], datetime]) -> None:
        self.claimed, self.now = claimed, now
        self.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self.rows = self.places = 0

    def __enter__(self) -> Self:
        self._execute(BEGIN)
        return self

    def __exit__(self, *fault: object) -> None:
        self.connection.close()

    def counted(self, lines: Iterable[object]) -> Iterator[object]:
        """The lines as they come; how many have come is what progress tells."""
        for line in lines:
            self.rows += 1
            yield line

    def write(self, text: str) -> None:
        """
        :raises ClaimLost: when the export is no longer this worker's.
        """
        content = text.encode()
        self.places += 1
        lease = self.now() + EXPORT_LEASE
        packed = gzip.compress(content, compresslevel=6, mtime=0)
        step = {"rows": self.rows, "place": self.places, "size": len(content), "content": packed, "lease_ends_at": lease}
        if self._execute(STEP, **step) == 0:
            raise ClaimLost

    def _execute(self, statement: str, **values: Any) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, {"export": self.claimed.pk, "attempt": self.claimed.attempt, **values})
            return int(cursor.rowcount)


def _attempt(claimed: Export, now: Callable[[], datetime]) -> None:
    try:
        make(claimed, now)
    except Exception:
        _try_again_later(claimed, now())
        raise


def _written(claimed: Export, pen: Pen, at: datetime) -> str:
    """Write all pieces; the rights by which they were read.

    :raises MayNot, Http404: as `listing_for`, also when the place itself is no more.
    """
    place = _place_of(claimed)
    with tenancy.scope(place.provider_id, place.reach, place.name, frozen=True):
        request = request_for(place, claimed.address, at)
        listing = listing_for(request)
        chunks = csv_chunks(listing.header, pen.counted(listing.lines()), dialect_of(request))  # type: ignore[arg-type]
        while text := "".join(islice(chunks, CHUNKS_A_PIECE)):
            pen.write(text)
        return rights_of(place)


def _place_of(claimed: Export) -> Administrator:
    with tenancy.system("who asked for an export"):
        found = Administrator.objects.filter(pk=claimed.administrator_id, provider_id=claimed.provider_id).first()
    if found is None or not found.is_active:
        raise Http404
    return found


def _settle(claimed: Export, at: datetime, **noted: object) -> None:
    """Come to an end, if the claim still holds."""
    with tenancy.system("an export's end"):
        ours = Export.objects.filter(pk=claimed.pk, attempt=claimed.attempt, state=State.MAKING)
        ours.update(lease_ends_at=None, **noted)
    log.info("accounts.export.settled", export=claimed.pk, provider=claimed.provider_id, state=noted["state"], at=str(at))


def _try_again_later(claimed: Export, at: datetime) -> None:
    with tenancy.system("an export that failed"):
        ours = Export.objects.filter(pk=claimed.pk, attempt=claimed.attempt, state=State.MAKING)
        if claimed.attempt < EXPORT_ATTEMPTS_MAX:
            ours.update(state=State.WAITING, lease_ends_at=at + EXPORT_TRIED_AGAIN_AFTER)
        else:
            ours.update(state=State.FAILED, problem="fault", lease_ends_at=None)


def _give_up_on_lapsed(at: datetime) -> None:
    """Say of those whose workers fell silent time and again that there will be no file."""
    with tenancy.system("exports whose workers fell silent"):
        silent = Export.objects.filter(state=State.MAKING, attempt__gte=EXPORT_ATTEMPTS_MAX, lease_ends_at__lte=at)
        for export in silent.select_for_update(skip_locked=True, no_key=True):
            log.error("accounts.export.given_up", export=export.pk, provider=export.provider_id)
            Export.objects.filter(pk=export.pk).update(state=State.FAILED, problem="fault", lease_ends_at=None)
