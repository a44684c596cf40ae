-- Whose row is whose, and behind the wall. What was planned is never changed: only how far it has come is.
call portal_bind_to_organization('usage_capchange');
call portal_protect('usage_capchange', 'organization', 'select, insert', 'select, insert', '{begun_at, former_cap, over_at, outcome}');

-- A client's administrator never lifts his own cap, not even at a later date.
create policy not_by_the_capped on usage_capchange as restrictive for insert to portal_tenant
    with check ((select portal_reach()) is distinct from 'organization');
create policy not_moved_by_the_capped on usage_capchange as restrictive for update to portal_tenant
    using (true) with check ((select portal_reach()) is distinct from 'organization');

-- What the worker looks for every minute: few rows of all that there ever were.
create index cap_changes_to_begin on usage_capchange (begins_at) where over_at is null and begun_at is null;
create index cap_changes_to_end on usage_capchange (ends_at) where over_at is null and begun_at is not null;
