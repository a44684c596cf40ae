"""The hourly licence totals, the turn of the months and the recount: set-based, over all providers, in the system's name.

Late, double and missed runs do no harm: a slot is written once, and every slot missed since the last one is filled from the ledger.
"""

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import connection

from msp_portal.lib import tenancy
from usage.models import CountDifference, Seats

log = structlog.get_logger(__name__)

ROLLED_AT_ONCE: Final = 500
PASSES_OVER_LOCKED_ROWS: Final = 3

MISSED: Final = """
    with missing as (
        select p.id as provider_id, s.slot from accounts_provider p
        join lateral (select t.slot from usage_licensetotal t where t.provider_id = p.id order by t.slot desc limit 1) newest on true
        cross join lateral generate_series(newest.slot + interval '1 hour', %(slot)s - interval '1 hour', interval '1 hour') s(slot)
    ), counted as (
        select s.provider_id, sum(s.users) as users, sum(s.devices) as devices from usage_seats s
        where s.provider_id in (select m.provider_id from missing m) group by s.provider_id
    ), later as (  -- what came after each missing slot, up to the next one
        select f.provider_id, hours.slot, hours.users, hours.devices
        from (select m.provider_id, min(m.slot) as slot from missing m group by m.provider_id) f
        cross join lateral (
            select least(date_trunc('hour', e.at - interval '1 microsecond', 'UTC'), %(slot)s - interval '1 hour') as slot,
                   sum(e.delta) filter (where e.kind = 'user') as users, sum(e.delta) filter (where e.kind = 'device') as devices
            from usage_seatevent e where e.provider_id = f.provider_id and e.at > f.slot group by 1) hours
    )
    insert into usage_licensetotal (provider_id, slot, counted_at, consumed, devices, organizations, committed)
    select m.provider_id, m.slot, m.slot,
           coalesce(c.users, 0) - sum(coalesce(l.users, 0)) over afterwards, coalesce(c.devices, 0) - sum(coalesce(l.devices, 0)) over afterwards,
           (select count(*) from accounts_organization o
            where o.provider_id = m.provider_id and o.created_at <= m.slot and (o.closed_at is null or o.closed_at > m.slot)),
           (select n.committed from usage_licensing n where n.provider_id = m.provider_id)
    from missing m
    left join counted c on c.provider_id = m.provider_id
    left join later l on l.provider_id = m.provider_id and l.slot = m.slot
    window afterwards as (partition by m.provider_id order by m.slot desc)
    on conflict (provider_id, slot) do nothing
"""

PRESENT: Final = """
    with counted as (
        select s.provider_id, sum(s.users) as users, sum(s.devices) as devices, count(*) as organizations,
               sum(case when s.month_ends_at <= %(at)s then s.users else s.users_mark end) as sum_of_marks
        from usage_seats s group by s.provider_id
    ), known as (  -- the mark of the sum as far as an earlier slot of the month knew it, and since when the ledger says more
        select c.*, e.mark_of_the_sum, e.mark_of_the_sum_at, coalesce(e.counted_at + interval '1 microsecond', m.starts_at, %(at)s) as since,
               e.rise_low, e.rise_middle, e.rise_high, e.rises_at
        from counted c
        left join lateral (
            select b.starts_at from usage_billingmonth b
            where b.provider_id = c.provider_id and b.starts_at <= %(at)s and b.ends_at > %(at)s) m on true
        left join lateral (
            select t.* from usage_licensetotal t
            where t.provider_id = c.provider_id and t.slot < %(slot)s and t.slot >= date_trunc('hour', m.starts_at, 'UTC')
              and t.counted_at >= m.starts_at and t.mark_of_the_sum is not null
            order by t.slot desc limit 1) e on true
    )
    insert into usage_licensetotal (provider_id, slot, counted_at, consumed, devices, organizations, committed,
                                    sum_of_marks, mark_of_the_sum, mark_of_the_sum_at, rise_low, rise_middle, rise_high, rises_at)
    select p.id, %(slot)s, %(at)s, coalesce(k.users, 0), coalesce(k.devices, 0),
           coalesce(k.organizations, 0) - (select count(*) from accounts_organization o where o.provider_id = p.id and o.closed_at is not null),
           n.committed, coalesce(k.sum_of_marks, 0), greatest(k.mark_of_the_sum, top.users, 0),
           case when k.mark_of_the_sum >= top.users then k.mark_of_the_sum_at else coalesce(top.at, %(at)s) end,
           k.rise_low, k.rise_middle, k.rise_high, k.rises_at  -- the former ones, until those of the day are worked out (rises.py)
    from accounts_provider p
    left join known k on k.provider_id = p.id
    left join usage_licensing n on n.provider_id = p.id
    left join lateral (  -- users after each instant, from now backwards; the first row is what was carried in
        select i.at, k.users - coalesce(sum(i.delta) over (order by i.at desc, i.carried
                                                           rows between unbounded preceding and 1 preceding), 0) as users
        from (select e.at, sum(e.delta) as delta, false as carried from usage_seatevent e
              where e.provider_id = k.provider_id and e.kind = 'user' and e.at >= k.since group by e.at
              union all select k.since, 0, true) i
        order by users desc, i.at limit 1) top on k.provider_id is not null
    on conflict (provider_id, slot) do nothing
"""

RECOUNT: Final = """
    select s.provider_id, s.organization_id, s.users as users_counter, coalesce(u.number, 0) as users_counted,
           s.devices as devices_counter, coalesce(d.number, 0) as devices_counted
    from usage_seats s
    left join (select organization_id, count(*) as number from usage_user group by organization_id) u
        on u.organization_id = s.organization_id
    left join (select organization_id, count(*) as number from usage_device group by organization_id) d
        on d.organization_id = s.organization_id
    where (s.users <> coalesce(u.number, 0) or s.devices <> coalesce(d.number, 0))
      and not exists (select 1 from usage_countdifference f where f.organization_id = s.organization_id and f.found_at >= %(slot)s)
"""


def recompute(*, at: datetime) -> dict[str, int]:
    """The whole hourly job; returns how many slots it wrote, months it could not roll yet and differences it found."""
    found = {"months_left": roll_months(at=at), "slots": fill_slots(at=at), "differences": len(recount(at=at))}
    log.info("usage.licence_totals", **found)
    return found


def slot_of(at: datetime) -> datetime:
    """The UTC hour that `at` falls in."""
    return at.replace(minute=0, second=0, microsecond=0)


def fill_slots(*, at: datetime) -> int:
    """Write the total of every provider's present hour and of every hour missed since its last one; returns how many were missing."""
    written = 0
    with tenancy.system("licence totals"), connection.cursor() as cursor:
        for statement in (MISSED, PRESENT):
            cursor.execute(statement, {"at": at, "slot": slot_of(at)})
            written += cursor.rowcount
    return written


def roll_months(*, at: datetime) -> int:
    """Close the months that have turned, a batch a transaction, passing over rows that a writer holds and coming back to them.

    Returns how many are still to do; their writers, or the next run, roll them.
    """
    for _ in range(PASSES_OVER_LOCKED_ROWS):
        while _roll_a_batch():
            pass
        left = Seats.objects.filter(month_ends_at__lte=at).count()
        if not left:
            break
    return left


def recount(*, at: datetime) -> list[CountDifference]:
    """Count users and devices anew and compare with the counters; each difference is kept, once an hour, and raises an alarm. Nothing is mended."""
    with tenancy.system("recount of users and devices"):
        found = [CountDifference(found_at=at, **row) for row in _differences(at)]
        CountDifference.objects.bulk_create(found)
    for difference in found:
        log.error(
            "usage.count_difference",
            provider=difference.provider_id,
            organization=difference.organization_id,
            found=str(difference),
        )
    return found


def _roll_a_batch() -> int:
    with tenancy.system("turn of the month"), connection.cursor() as cursor:
        cursor.execute("select usage_roll_months(%s)", [ROLLED_AT_ONCE])
        return int(cursor.fetchone()[0])


def _differences(at: datetime) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, {"slot": slot_of(at)})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
