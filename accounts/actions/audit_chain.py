"""Chaining the audit log by hash, and finding the first row that was tampered with."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from accounts.models import AuditChain, AuditEvent

LOCK: Final = 7_265_401  # of this job alone
ROWS_AT_ONCE: Final = 5_000
PATIENCE: Final = 20.0  # seconds
START: Final = bytes(32)
FIELDS: Final = (
    *("id", "provider_id", "organization_id", "action", "outcome", "actor_kind", "actor_id", "actor_name"),
    *("target_kind", "target_id", "target_name", "details", "address"),
)
WRITERS: Final = """
    select virtualtransaction from pg_locks
    where locktype = 'relation' and relation = 'accounts_auditevent'::regclass and mode = 'RowExclusiveLock' and granted
      and database = (select oid from pg_database where datname = current_database()) and pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Verdict:
    """`rows` in the chain were looked at; `bad` is the id of the first event that is not as it was chained, `why` says how."""

    rows: int
    head: bytes
    bad: int | None = None
    why: str = ""


@transaction.atomic
def chain_events() -> int:
    """Chain what was added since; how many. 0 when another process is at it, or writers of that time have not ended yet.

    Numbers are drawn before the commit, so a smaller one may appear later. Whoever has drawn one holds a lock on the table until he ends:
    when all who held it after the highest number was read have ended, no smaller number can come.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    highest = AuditEvent.objects.aggregate(highest=Max("id"))["highest"]
    if highest is None or not _writers_have_ended():
        return 0
    last = AuditChain.objects.order_by("-event_id").first()
    digest, done = (bytes(last.digest), last.event_id) if last else (START, 0)
    events = AuditEvent.objects.filter(id__gt=done, id__lte=highest).order_by("id").iterator(chunk_size=ROWS_AT_ONCE)
    return _append(events, digest)


def verify() -> Verdict:
    """Reckon the chain again from its first row."""
    digest, rows = START, 0
    stray = AuditEvent.objects.filter(chain=None, id__lte=_last_chained()).order_by("id").values_list("id", flat=True).first()
    for link in AuditChain.objects.select_related("event").order_by("event_id").iterator(chunk_size=ROWS_AT_ONCE):
        if stray is not None and stray < link.event_id:
            return Verdict(rows, digest, stray, "was added afterwards, between others")
        digest = digest_of(digest, link.event)
        if digest != bytes(link.digest):
            return Verdict(rows, digest, link.event_id, "was changed, or one before it was removed")
        rows += 1
    return Verdict(rows, digest)


def digest_of(before: bytes, event: AuditEvent) -> bytes:
    """SHA-256 over the digest before and the whole event, in one written form."""
    written = {name: getattr(event, name) for name in FIELDS} | {"at": event.at.isoformat(timespec="microseconds")}
    return hashlib.sha256(before + json.dumps(written, sort_keys=True, separators=(",", ":"), default=str).encode()).digest()


def _last_chained() -> int:
    return AuditChain.objects.aggregate(last=Max("event_id"))["last"] or 0


def _append(events: Iterable[AuditEvent], digest: bytes) -> int:
    links = []
    for event in events:
        digest = digest_of(digest, event)
        links.append(AuditChain(event_id=event.pk, digest=digest))
    AuditChain.objects.bulk_create(links, batch_size=ROWS_AT_ONCE)
    return len(links)


def _writers_have_ended() -> bool:
    """Whether everyone who is writing to the log now comes to an end within `PATIENCE`; who begins later is not waited for."""
    present = _writers()
    give_up_at = time.monotonic() + PATIENCE
    while present and time.monotonic() < give_up_at:
        time.sleep(0.05)
        present &= _writers()
    return not present


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITERS)
        return {row[0] for row in cursor.fetchall()}
