"""Finding what crossed a threshold: from the seat ledger with the caps' history, and from the hourly licence totals.

Writers are not touched. A bookmark says how far was looked; what lies between it and the settled end of the ledger is looked through whole, so
a crossing is found although the number fell again before anybody looked, and however long nobody did. A crossing is one row, once a month.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from msp_portal.lib import tenancy
from usage.actions.licence_totals import slot_of
from usage.bounds import ALERT_EVENTS_A_STEP, NEAR_LICENSES_SHARE, NEAR_LIMIT_SEATS
from usage.models import AlertBookmark
from usage.queries.ledger import settled_event

OVERLAP: Final = timedelta(hours=3)
"""Totals of that many hours before the last one are looked at again: another worker may have written some of them late."""

OF_CAPS: Final = """
    with changed as (
        select e.id, e.provider_id, e.organization_id, e.at, e.count_after - e.delta as users_before, e.count_after as users,
               c.cap as cap_before, c.cap as user_cap
        from usage_seatevent e
        join usage_seats s on s.organization_id = e.organization_id and s.closed_at is null
        cross join lateral (  -- the cap at that instant: what the next change replaced, else the present one
            select case when count(*) = 0 then s.user_cap else min(n.cap_before) end as cap
            from (select f.cap_before from usage_capevent f
                  where f.organization_id = e.organization_id and f.id > e.id order by f.id limit 1) n) c
        where e.id > %(after)s and e.id <= %(until)s and e.kind = 'user' and e.delta > 0
        union all
        select f.id, f.provider_id, f.organization_id, f.at, f.users, f.users, f.cap_before, f.cap_after
        from usage_capevent f
        join usage_seats s on s.organization_id = f.organization_id and s.closed_at is null
        where f.id > %(after)s and f.id <= %(until)s
    ), crossed as (
        select c.*, r.id as rule_id, r.kind, r.percent, t.threshold
        from changed c
        join usage_alertrule r on r.provider_id = c.provider_id and (r.organization_id = c.organization_id or r.organization_id is null
            and not exists (select 1 from usage_alertrule o where o.organization_id = c.organization_id and o.kind = r.kind))
        cross join lateral (select usage_alert_threshold(r.kind, r.percent, c.user_cap, %(near)s, null) as threshold,
                                   usage_alert_threshold(r.kind, r.percent, c.cap_before, %(near)s, null) as before) t
        where c.users >= t.threshold and (t.before is null or c.users_before < t.before)
          and (r.kind <> 'near_limit' or c.users < c.user_cap)
          and c.at >= r.since and (r.muted_at is null or c.at < r.muted_at or c.at >= r.muted_until)
    )
    insert into usage_alertcrossing (provider_id, organization_id, rule_id, kind, percent, threshold, count, "limit", at, webhooks)
    select c.provider_id, c.organization_id, c.rule_id, c.kind, c.percent, c.threshold, c.users, c.user_cap, c.at, 0
    from crossed c order by c.id
    on conflict do nothing  -- there is one of this crossing in this month
"""

OF_LICENSES: Final = """
    with crossed as (
        select n.*, r.id as rule_id, r.kind, r.percent, t.threshold
        from usage_licensing l
        join usage_licensetotal n on n.provider_id = l.provider_id and n.slot > %(after)s and n.slot <= %(until)s and n.committed > 0
        left join lateral (select b.consumed, b.committed from usage_licensetotal b
                           where b.provider_id = n.provider_id and b.slot < n.slot order by b.slot desc limit 1) b on true
        join usage_alertrule r on r.provider_id = l.provider_id
        cross join lateral (select usage_alert_threshold(r.kind, r.percent, n.committed, null, %(share)s) as threshold,
                                   usage_alert_threshold(r.kind, r.percent, b.committed, null, %(share)s) as before) t
        where l.committed is not null and n.consumed >= t.threshold and (t.before is null or b.consumed < t.before)
          and (r.kind <> 'licenses_near' or n.consumed <= n.committed)
          and n.counted_at >= r.since and (r.muted_at is null or n.counted_at < r.muted_at or n.counted_at >= r.muted_until)
    )
    insert into usage_alertcrossing (provider_id, organization_id, rule_id, kind, percent, threshold, count, "limit", at, webhooks)
    select c.provider_id, null, c.rule_id, c.kind, c.percent, c.threshold, c.consumed, c.committed, c.counted_at, 0
    from crossed c order by c.slot
    on conflict do nothing  -- there is one of this crossing in this month
"""


def find_crossings() -> int:
    """Write a row for every organization that crossed a threshold since the last look; how many. Of several workers one looks, the others pass."""
    found = 0
    while (step := _step()) is not None:
        found += step
    return found


def find_license_crossings(*, at: datetime) -> int:
    """The same of the providers' licences, with the hourly totals up to `at`: the alert tells the number that the donut shows. How many rows."""
    with tenancy.system("crossings of licences"):
        bookmark = AlertBookmark.objects.select_for_update().get()
        until = max(slot_of(at), bookmark.slot)
        found = _run(OF_LICENSES, after=bookmark.slot - OVERLAP, until=until, share=NEAR_LICENSES_SHARE)
        AlertBookmark.objects.update(slot=until)
        return found


def _step() -> int | None:
    """One stretch of the ledger, in a transaction of its own; None where there is nothing more, or another worker is at it."""
    with tenancy.system("crossings of caps"):
        bookmark = AlertBookmark.objects.select_for_update(skip_locked=True).first()
        settled = settled_event()  # before the events are read: the other way round, one could commit in between
        if bookmark is None or bookmark.event >= settled:
            return None
        until = min(settled, bookmark.event + ALERT_EVENTS_A_STEP)
        found = _run(OF_CAPS, after=bookmark.event, until=until, near=NEAR_LIMIT_SEATS)
        AlertBookmark.objects.update(event=until)
        return found


def _run(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
