"""How far a provider's marks rose in the past, in as many days as its month has left: what a forecast is made of (docs/decisions/0026)."""

from typing import Any, Final

from usage.bounds import FORECAST_HISTORY_DAYS, FORECAST_LEAST_DAYS

SHARES: Final = [0.1, 0.5, 0.9]
"""Of the past windows: those that rose least, the middle, and all but those that rose most."""

# For a provider `p` at an instant, with `k.ends_at`, the end of its month: the three rises, or nothing with too little history.
#
# The past is cut into windows of `span` whole days, one beginning at each day before the instant. In a window each organization rises from
# the count it began with to its highest; these, added up, are the window's rise. The day on which the provider came is left out. With less
# than twice as much history as the month has days left, the windows are shorter and their rises are stretched to the days left.
RISES: Final = """
    with known as (
        select least(%(history_days)s, floor(extract(epoch from %(at)s - first.at) / 86400)::int - 1) as days,
               greatest(1, ceil(extract(epoch from k.ends_at - %(at)s) / 86400)::int) as remaining
        from (select e.at from usage_seatevent e where e.provider_id = p.id and e.kind = 'user' order by e.at limit 1) first
    ), measure as (
        select days, remaining, least(remaining, days / 2) as span from known where days >= %(least_days)s
    ), by_day as (  -- days are numbered backwards: 1 ends at the instant
        select e.organization_id, greatest(1, ceil(extract(epoch from %(at)s - e.at) / 86400)::int) as day,
               max(e.count_after) as highest, (min(array[e.id, e.count_after - e.delta]))[2] as begun_with
        from usage_seatevent e, measure
        where e.provider_id = p.id and e.kind = 'user' and e.at > %(at)s - measure.days * interval '1 day'
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
MEASURES: Final[dict[str, Any]] = {"history_days": FORECAST_HISTORY_DAYS, "least_days": FORECAST_LEAST_DAYS, "shares": SHARES}
