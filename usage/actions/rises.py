"""How far a provider's marks rose in the past, in as many days as its month has left: what a forecast is made of (docs/decisions/0026).

Worked out once a day of each provider, some providers a transaction, and after the hourly totals, which carry the former figures until then.
"""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.models import Provider
from msp_portal.lib import tenancy
from msp_portal.lib.each import batched, each
from usage.bounds import FORECAST_HISTORY_DAYS, FORECAST_LEAST_DAYS

SHARES: Final = [0.1, 0.5, 0.9]
"""Of the past windows: those that rose least, the middle, and all but those that rose most."""

# For a provider `d` at an instant, with `d.ends_at`, the end of its month: the three rises, or nothing with too little history.
#
# The past is cut into windows of `span` whole days, one beginning at each day before the instant. In a window each organization rises from
# the count it began with to its highest; these, added up, are the window's rise. The day on which the provider came is left out. With less
# than twice as much history as the month has days left, the windows are shorter and their rises are stretched to the days left.
RISES: Final = """
    with known as (
        select least(%(history_days)s, floor(extract(epoch from %(at)s - first.at) / 86400)::int - 1) as days,
               greatest(1, ceil(extract(epoch from d.ends_at - %(at)s) / 86400)::int) as remaining
        from (select e.at from usage_seatevent e where e.provider_id = d.provider_id and e.kind = 'user' order by e.at limit 1) first
    ), measure as (
        select days, remaining, least(remaining, days / 2) as span from known where days >= %(least_days)s
    ), by_day as (  -- days are numbered backwards: 1 ends at the instant
        select e.organization_id, greatest(1, ceil(extract(epoch from %(at)s - e.at) / 86400)::int) as day,
               max(e.count_after) as highest, (min(array[e.id, e.count_after - e.delta]))[2] as begun_with
        from usage_seatevent e, measure
        where e.provider_id = d.provider_id and e.kind = 'user' and e.at > %(at)s - measure.days * interval '1 day'
        group by 1, 2
    ), by_window as (
        select w.day, max(b.highest) - (max(array[b.day, b.begun_with]))[2] as rise
        from measure, by_day b
        cross join lateral generate_series(greatest(b.day, measure.span), least(b.day + measure.span - 1, measure.days)) w(day)
        group by w.day, b.organization_id
    ), windows as (
        select w.day, coalesce(sum(r.rise) filter (where r.rise > 0), 0) as rise
        from measure cross join lateral generate_series(measure.span, measure.days) w(day)
        left join by_window r on r.day = w.day group by w.day
    ), shares as (
        select percentile_disc(%(shares)s::double precision[]) within group (order by rise) as rises from windows
    )
    select floor(rises[1] * stretch)::int as low, round(rises[2] * stretch)::int as middle, ceil(rises[3] * stretch)::int as high
    from shares, lateral (select m.remaining::numeric / m.span as stretch from measure m) m
"""
RISES_AT_ONCE: Final = 20
"""Providers in one transaction."""
MEASURES: Final[dict[str, Any]] = {"history_days": FORECAST_HISTORY_DAYS, "least_days": FORECAST_LEAST_DAYS, "shares": SHARES}

# Of some providers, those whose total of the hour stands without the rises of their present day. Two who come at once share them out.
WORK_OUT: Final = """
    with due as (
        select t.id, t.provider_id, m.ends_at from usage_licensetotal t
        join usage_billingmonth m on m.provider_id = t.provider_id and m.starts_at <= %(at)s and m.ends_at > %(at)s
        where t.provider_id = any(%(providers)s) and t.slot = date_trunc('hour', %(at)s, 'UTC')
          and (t.rises_at at time zone m.time_zone)::date is distinct from (%(at)s at time zone m.time_zone)::date
        order by t.id for no key update of t skip locked
    )
    update usage_licensetotal t set rise_low = r.low, rise_middle = r.middle, rise_high = r.high, rises_at = %(at)s
    from due d left join lateral ({rises}) r on true
    where t.id = d.id
"""


def work_out_rises(*, at: datetime) -> int:
    """Write the rises to the present hour's totals that have none of the provider's day yet; to how many.

    What is done stays done when the worker dies, and the next run does the others.

    :raises ExceptionGroup: after all others, with what went wrong with some.
    """
    providers = Provider.objects.order_by("pk").values_list("pk", flat=True)
    return sum(each(batched(providers, RISES_AT_ONCE), lambda some: _work_out(some, at), failed="forecasts"))


def _work_out(providers: list[str], at: datetime) -> int:
    with tenancy.system("what forecasts are made of"), connection.cursor() as cursor:
        cursor.execute(WORK_OUT.format(rises=RISES), {"providers": providers, "at": at, **MEASURES})
        return int(cursor.rowcount)
