-- The seat ledger as a feed (docs/decisions/0013). An id is drawn before its transaction commits, so a smaller one may appear later than a
-- greater one, and who reads on from the last id he saw would never see it. Therefore each transaction, before it draws its first id, shows
-- the highest one drawn so far, by a lock that ends with it. Whatever it draws is greater; whatever ids lie above wait until it has ended.

-- The lock's key: a number of this feed's own, then 44 bits of the id. Nobody ever waits for it, as all share it.
create function usage_ledger_lock(drawn bigint) returns bigint language sql immutable as $$
    select 7265::bigint << 44 | drawn
$$;

-- The highest id drawn so far; 0 before the first.
create function usage_ledger_drawn() returns bigint language sql volatile as $$
    select case when s.is_called then s.last_value else 0 end from usage_seatevent_id_seq s
$$;

-- Once a transaction: the setting ends with it as the lock does, both also when a savepoint is rolled back.
create function usage_before_ledger() returns trigger language plpgsql as $$
begin
    if coalesce(current_setting('portal.ledger_shown', true), '') = '' then
        perform pg_advisory_xact_lock_shared(usage_ledger_lock(usage_ledger_drawn()));
        perform set_config('portal.ledger_shown', 'yes', true);
    end if;
    return null;
end
$$;
create trigger usage_ledger_shown before insert on usage_seatevent for each statement execute function usage_before_ledger();

-- The id up to which the ledger is whole: no event below it can appear any more. To be asked in a statement before the one that reads the
-- events, whose snapshot must be the younger. The order within matters too: ids first, then who is still at work (but oneself).
create function usage_ledger_settled() returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    drawn bigint := usage_ledger_drawn();
begin
    return least(drawn, (
        select min((l.classid::bigint << 32 | l.objid::bigint) - usage_ledger_lock(0)) from pg_locks l
        where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 12 = 7265 and l.pid <> pg_backend_pid()
          and l.database = (select d.oid from pg_database d where d.datname = current_database())));
end
$$;

revoke execute on function usage_ledger_lock, usage_ledger_drawn, usage_before_ledger, usage_ledger_settled from public;
grant execute on function usage_ledger_settled to portal_tenant, portal_system;
