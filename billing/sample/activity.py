"""What the sample's last weeks left in the log and in the hourly totals; both are read out of the ledger, so they agree with it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from accounts.models import Administrator

# The newest users and devices that came or went, in the names of those whom the ledger knows.
NOTE = """
    insert into accounts_auditevent (provider_id, organization_id, at, action, outcome, actor_kind, actor_id, actor_name,
                                     target_kind, target_id, target_name, details)
    select e.provider_id, e.organization_id, e.at,
           'usage.' || e.kind || case when e.delta > 0 then '.added' else '.removed' end,
           'done', 'administrator', a.id, e.by, e.kind, e.subject_id, e.subject_name, '{}'
    from usage_seatevent e
    join accounts_administrator a on a.provider_id = e.provider_id and a.organization_id is null
                                 and a.first_name || ' ' || a.last_name = e.by
    where e.at >= %s
      and not exists (select 1 from usage_seatevent o  -- a move to another client
                      where o.provider_id = e.provider_id and o.at = e.at and o.subject_id = e.subject_id and o.delta = -e.delta)
    order by e.at, e.id
"""
NOTE_CAPS = """
    insert into accounts_auditevent (provider_id, organization_id, at, action, outcome, actor_kind, actor_id, actor_name,
                                     target_kind, target_id, target_name, details)
    select s.provider_id, s.organization_id, s.cap_changed_at, 'usage.cap.changed', 'done', 'administrator', a.id, s.cap_changed_by,
           'organization', o.id, o.name, jsonb_build_object('before', null, 'after', s.user_cap)
    from usage_seats s
    join accounts_organization o on o.id = s.organization_id
    join accounts_administrator a on a.provider_id = s.provider_id and a.organization_id is null
                                 and a.first_name || ' ' || a.last_name = s.cap_changed_by
    where s.user_cap is not null order by s.cap_changed_at
"""

# The first slot; the hourly job fills all after it, as it does after a standstill.
FIRST_TOTAL = """
    insert into usage_licensetotal (provider_id, slot, counted_at, consumed, devices, organizations, committed)
    select p.id, date_trunc('hour', %(at)s, 'UTC'), %(at)s,
           coalesce(sum(e.delta) filter (where e.kind = 'user'), 0), coalesce(sum(e.delta) filter (where e.kind = 'device'), 0),
           (select count(*) from accounts_organization o where o.provider_id = p.id and o.created_at <= %(at)s),
           (select l.committed from usage_licensing l where l.provider_id = p.id)
    from accounts_provider p left join usage_seatevent e on e.provider_id = p.id and e.at <= %(at)s
    group by p.id
"""


def note(administrators: Sequence[Administrator], since: datetime) -> None:
    """Write to the log what the ledger says of the time since then, and every cap."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [since])
        cursor.execute(NOTE_CAPS)


def begin_totals(at: datetime) -> None:
    """Write the totals of one hour of the past, from which on the hourly job counts."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_TOTAL, {"at": at})
