-- The seat gate (docs/architecture.md, Seats). Every function here belongs to portal_owner and runs as it.
--
-- Refusals:  UC001 user cap reached   UC002 provider suspended   UC003 organization closed   UC004 organization not empty
-- They are no class 23, or they would become an IntegrityError and vanish in get_or_create. Python words them in usage/gate.py.

-- The clock. Everyone but the public web process may set it for a transaction, to bring history through the same gate.
create function usage_now() returns timestamptz language sql volatile as $$
    select case when session_user = 'portal_web' then clock_timestamp()
                else coalesce(nullif(current_setting('portal.clock', true), '')::timestamptz, clock_timestamp()) end
$$;

-- Who acts, as the ledger names him.
create function usage_actor() returns text language sql stable as $$
    select coalesce(nullif(current_setting('portal.actor', true), ''), session_user::text)
$$;


-- The calendar: the provider's month that `moment` falls in; makes it, and those between, where they are missing.
-- Each new month begins where its neighbour ends, in the zone that the provider has now: a changed zone acts from the next month.
create function usage_month_at(tenant text, moment timestamptz) returns usage_billingmonth
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    found_month usage_billingmonth;
    first_starts timestamptz; first_month date;
    last_ends timestamptz; last_month date;
    zone text; the_month date; starts timestamptz; ends timestamptz;
begin
    loop
        select * into found_month from usage_billingmonth m
        where m.provider_id = tenant and m.starts_at <= moment and moment < m.ends_at;
        if found then
            return found_month;
        end if;
        select p.time_zone into strict zone from accounts_provider p where p.id = tenant;
        select min(m.starts_at), min(m.month), max(m.ends_at), max(m.month)
          into first_starts, first_month, last_ends, last_month
          from usage_billingmonth m where m.provider_id = tenant;
        the_month := case when last_month is null then date_trunc('month', moment at time zone zone)
                          when moment >= last_ends then last_month + interval '1 month'
                          else first_month - interval '1 month' end;
        starts := case when moment >= last_ends then last_ends else the_month::timestamp at time zone zone end;
        ends := case when moment < first_starts then first_starts
                     else (the_month + interval '1 month')::timestamp at time zone zone end;
        insert into usage_billingmonth (provider_id, month, time_zone, starts_at, ends_at)
        values (tenant, the_month, zone, starts, ends)
        on conflict (provider_id, month) do nothing;
    end loop;
end
$$;

-- A changed zone acts from the next month: the present one is fixed in the old zone first. An unknown zone is refused here.
create function usage_before_zone_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform now() at time zone new.time_zone;
    if tg_op = 'UPDATE' then
        perform usage_month_at(old.id, usage_now());
    end if;
    return new;
end
$$;
create trigger usage_zone_change before insert or update of time_zone on accounts_provider
    for each row execute function usage_before_zone_change();


-- Closes every month of one organization that ended at or before `moment`. The caller holds the row's lock.
create function usage_roll(organization text, moment timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    seat usage_seats;
    next_month usage_billingmonth;
begin
    loop
        select * into strict seat from usage_seats s where s.organization_id = organization;
        exit when moment < seat.month_ends_at;
        insert into usage_closedmonth (provider_id, organization_id, month, users_carried, users_mark, users_mark_at,
                                       devices_carried, devices_mark, devices_mark_at)
        values (seat.provider_id, seat.organization_id, seat.month, seat.users_carried, seat.users_mark, seat.users_mark_at,
                seat.devices_carried, seat.devices_mark, seat.devices_mark_at);
        next_month := usage_month_at(seat.provider_id, seat.month_ends_at);
        update usage_seats s
        set month = next_month.month, month_ends_at = next_month.ends_at,
            changed_at = greatest(s.changed_at, next_month.starts_at),
            users_carried = s.users, last_users_mark = s.users_mark, users_mark = s.users, users_mark_at = next_month.starts_at,
            devices_carried = s.devices, last_devices_mark = s.devices_mark, devices_mark = s.devices,
            devices_mark_at = next_month.starts_at
        where s.organization_id = organization;
    end loop;
end
$$;

-- For the job: rolls up to `most` rows whose month has turned, passing over those that a writer holds; returns how many it rolled.
create function usage_roll_months(most integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    organization text;
    rolled integer := 0;
begin
    for organization in
        select s.organization_id from usage_seats s where s.month_ends_at <= usage_now()
        order by s.organization_id limit most for no key update skip locked
    loop
        perform usage_roll(organization, usage_now());
        rolled := rolled + 1;
    end loop;
    return rolled;
end
$$;


-- One row of counters with each organization.
create function usage_after_organization() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    moment timestamptz := usage_now();
    this_month usage_billingmonth := usage_month_at(new.provider_id, moment);
begin
    insert into usage_seats (organization_id, provider_id, users, devices, user_cap, cap_changed_by, changed_at, month, month_ends_at,
                             users_carried, users_mark, users_mark_at, devices_carried, devices_mark, devices_mark_at)
    values (new.id, new.provider_id, 0, 0, (select p.default_user_cap from accounts_provider p where p.id = new.provider_id), '',
            moment, this_month.month, this_month.ends_at, 0, 0, moment, 0, 0, moment);
    return null;
end
$$;
create trigger usage_organization_made after insert on accounts_organization
    for each row execute function usage_after_organization();

-- Closing needs an empty house; the UPDATE makes it wait for who is just coming in, and whoever comes later see it at any isolation level.
create function usage_before_closing() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    seat usage_seats;
begin
    if old.closed_at is null and new.closed_at is not null then
        update usage_seats s set changed_at = s.changed_at where s.organization_id = new.id returning * into strict seat;
        if seat.users > 0 or seat.devices > 0 then
            raise exception 'organization not empty' using errcode = 'UC004',
                detail = json_build_object('organization', new.id, 'users', seat.users, 'devices', seat.devices)::text;
        end if;
    end if;
    return new;
end
$$;
create trigger usage_organization_closing before update of closed_at on accounts_organization
    for each row execute function usage_before_closing();


-- THE GATE.
create type usage_change as (provider_id text, organization_id text, delta integer);
create type usage_passed as (organization_id text, at timestamptz, count_before integer);

-- One organization's step: counts, raises the mark, refuses what would grow past the cap; rolls the month first if it has turned.
-- The UPDATE takes the row's lock and computes from what it finds then. Its instant is never before the row's last change, nor in a month
-- that was closed meanwhile, as a roll is a change too: so instants never run backwards within an organization.
create function usage_step(kind text, change usage_change, moment timestamptz) returns usage_passed language plpgsql as $$
declare
    more_users integer := case kind when 'user' then change.delta else 0 end;
    more_devices integer := case kind when 'device' then change.delta else 0 end;
    seat usage_seats;
begin
    loop
        update usage_seats s
        set users = s.users + more_users, devices = s.devices + more_devices, changed_at = greatest(moment, s.changed_at),
            users_mark = greatest(s.users_mark, s.users + more_users),
            users_mark_at = case when s.users + more_users > s.users_mark then greatest(moment, s.changed_at) else s.users_mark_at end,
            devices_mark = greatest(s.devices_mark, s.devices + more_devices),
            devices_mark_at = case when s.devices + more_devices > s.devices_mark then greatest(moment, s.changed_at)
                                   else s.devices_mark_at end
        where s.organization_id = change.organization_id and s.provider_id = change.provider_id and s.month_ends_at > moment
        returning * into seat;
        exit when found;
        perform 1 from usage_seats s
        where s.organization_id = change.organization_id and s.provider_id = change.provider_id for no key update;
        if not found then
            raise exception 'no such organization of this provider' using errcode = 'foreign_key_violation';
        end if;
        perform usage_roll(change.organization_id, moment);
    end loop;
    if change.delta > 0 then
        perform usage_refuse_growth(seat, more_users);
    end if;
    return (change.organization_id, seat.changed_at, case kind when 'user' then seat.users else seat.devices end - change.delta);
end
$$;

-- What may not grow, told after the step: the whole statement is undone. Only an increase is guarded: a cap may lie below the count.
create function usage_refuse_growth(seat usage_seats, more_users integer) returns void language plpgsql as $$
declare
    closed timestamptz;
    suspended timestamptz;
    told text;
begin
    select o.closed_at, p.suspended_at into strict closed, suspended
    from accounts_organization o, accounts_provider p where o.id = seat.organization_id and p.id = seat.provider_id;
    if closed is null and (more_users = 0 or (suspended is null and (seat.user_cap is null or seat.users <= seat.user_cap))) then
        return;
    end if;
    told := json_build_object('organization', seat.organization_id, 'user_cap', seat.user_cap, 'users', seat.users - more_users,
                              'wanted', more_users);
    if closed is not null then
        raise exception 'organization closed' using errcode = 'UC003', detail = told;
    elsif suspended is not null then
        raise exception 'provider suspended' using errcode = 'UC002', detail = told;
    end if;
    raise exception 'user cap reached' using errcode = 'UC001', detail = told;
end
$$;

-- The step for every organization of a statement: their rows are locked in id order, then one instant is taken for all of them.
create function usage_steps(kind text, changes usage_change[]) returns setof usage_passed language plpgsql as $$
declare
    change usage_change;
    moment timestamptz;
begin
    perform 1 from usage_seats s join unnest(changes) c using (provider_id, organization_id)
    order by organization_id for no key update of s;
    select greatest(usage_now(), max(s.changed_at)) into moment
    from usage_seats s join unnest(changes) c using (provider_id, organization_id);
    for change in select * from unnest(changes) c order by c.organization_id loop
        return next usage_step(kind, change, moment);
    end loop;
end
$$;

-- The triggers: one statement of any size is one pass of the gate and one ledger row for each user or device in it.
create function usage_after_insert() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    subject text := tg_argv[0];
    change usage_change;
    passed usage_passed;
begin
    select min(n.provider_id), min(n.organization_id), count(*) into change
    from added n having min(n.organization_id) = max(n.organization_id);
    if found then  -- nearly always: nothing to sort
        passed := usage_step(subject, change, usage_now());
        insert into usage_seatevent (provider_id, organization_id, at, kind, delta, count_after, subject_id, subject_name, by)
        select n.provider_id, n.organization_id, passed.at, subject, 1,
               passed.count_before + row_number() over (order by n.id), n.id, n.name, usage_actor()
        from added n;
        return null;
    end if;
    with passed as materialized (
        select * from usage_steps(subject, array(
            select row(n.provider_id, n.organization_id, count(*))::usage_change from added n group by n.provider_id, n.organization_id))
    )
    insert into usage_seatevent (provider_id, organization_id, at, kind, delta, count_after, subject_id, subject_name, by)
    select n.provider_id, n.organization_id, p.at, subject, 1,
           p.count_before + row_number() over (partition by n.organization_id order by n.id), n.id, n.name, usage_actor()
    from added n join passed p on p.organization_id = n.organization_id;
    return null;
end
$$;

create function usage_after_delete() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    subject text := tg_argv[0];
begin
    with passed as materialized (
        select * from usage_steps(subject, array(
            select row(o.provider_id, o.organization_id, -count(*))::usage_change from removed o group by o.provider_id, o.organization_id))
    )
    insert into usage_seatevent (provider_id, organization_id, at, kind, delta, count_after, subject_id, subject_name, by)
    select o.provider_id, o.organization_id, p.at, subject, -1,
           p.count_before - row_number() over (partition by o.organization_id order by o.id), o.id, o.name, usage_actor()
    from removed o join passed p on p.organization_id = o.organization_id;
    return null;
end
$$;

-- Moves to another organization. What leaves an organization is written before what comes to it, at the same instant.
create function usage_after_move() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    subject text := tg_argv[0];
begin
    if not exists (select 1 from removed o join added n on n.id = o.id where n.organization_id <> o.organization_id) then
        return null;
    end if;
    with moved as materialized (
        select o.id, o.provider_id, o.organization_id, -1 as delta, o.name as subject_name
        from removed o join added n on n.id = o.id and n.organization_id <> o.organization_id
        union all
        select n.id, n.provider_id, n.organization_id, 1, n.name
        from removed o join added n on n.id = o.id and n.organization_id <> o.organization_id
    ), passed as materialized (
        select * from usage_steps(subject, array(
            select row(m.provider_id, m.organization_id, sum(m.delta))::usage_change from moved m group by m.provider_id, m.organization_id))
    )
    insert into usage_seatevent (provider_id, organization_id, at, kind, delta, count_after, subject_id, subject_name, by)
    select m.provider_id, m.organization_id, p.at, subject, m.delta,
           p.count_before + sum(m.delta) over (partition by m.organization_id order by m.delta, m.id rows unbounded preceding),
           m.id, m.subject_name, usage_actor()
    from moved m join passed p on p.organization_id = m.organization_id
    order by m.organization_id, m.delta, m.id;
    return null;
end
$$;

create trigger usage_seat_taken after insert on usage_user
    referencing new table as added for each statement execute function usage_after_insert('user');
create trigger usage_seat_freed after delete on usage_user
    referencing old table as removed for each statement execute function usage_after_delete('user');
create trigger usage_seat_moved after update on usage_user
    referencing old table as removed new table as added for each statement execute function usage_after_move('user');
create trigger usage_device_added after insert on usage_device
    referencing new table as added for each statement execute function usage_after_insert('device');
create trigger usage_device_removed after delete on usage_device
    referencing old table as removed for each statement execute function usage_after_delete('device');
create trigger usage_device_moved after update on usage_device
    referencing old table as removed new table as added for each statement execute function usage_after_move('device');


-- The move itself: runtime roles may not change whose row it is, so this function does, within the caller's tenant and reach.
create function usage_move_users(users text[], target text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    tenant text;
    moved integer;
    mine text[];
begin
    if current_setting('role') = 'portal_tenant' then
        select coalesce(array_agg(o.id), '{}') into mine from accounts_organization o
        where o.provider_id = portal_provider()
          and (portal_reach() = 'provider'
               or o.id in (select a.organization_id from accounts_access a where a.administrator_id = portal_administrator()));
    elsif not pg_has_role(session_user, 'portal_system', 'usage') then
        raise exception 'a move needs a tenant' using errcode = 'insufficient_privilege';
    end if;
    select o.provider_id into tenant from accounts_organization o where o.id = target and (mine is null or o.id = any (mine));
    if tenant is null then
        raise exception 'no such organization of this provider' using errcode = 'foreign_key_violation';
    end if;
    update usage_user u set organization_id = target
    where u.id = any (users) and u.provider_id = tenant and u.organization_id <> target
      and (mine is null or u.organization_id = any (mine));
    get diagnostics moved = row_count;
    return moved;
end
$$;


-- Who last changed a cap and when is kept by the database too.
create function usage_before_cap() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.user_cap is distinct from old.user_cap then
        new.cap_changed_at := usage_now();
        new.cap_changed_by := usage_actor();
    end if;
    return new;
end
$$;
create trigger usage_cap_changed before update of user_cap on usage_seats for each row execute function usage_before_cap();


-- The wall and the privileges. Runtime roles write `user_cap` and nothing else of the counters, and only read the ledger.
call portal_bind_to_organization('usage_user');
call portal_bind_to_organization('usage_device');
call portal_bind_to_organization('usage_seats');
call portal_bind_to_organization('usage_seatevent');
call portal_bind_to_organization('usage_closedmonth');
call portal_bind_to_organization('usage_countdifference');
call portal_protect('usage_user', 'organization', 'select, insert, delete', 'select, insert, delete',
    '{user_name, email, first_name, last_name, state, suspended_at}');
call portal_protect('usage_device', 'organization', 'select, insert, delete', 'select, insert, delete',
    '{name, operating_system, serial_number}');
call portal_protect('usage_seats', 'organization', 'select', 'select', '{user_cap}');
create policy not_by_the_capped on usage_seats as restrictive for update to portal_tenant  -- a client's administrator never lifts his own cap
    using (true) with check ((select portal_reach()) is distinct from 'organization');
call portal_protect('usage_seatevent', 'organization', 'select', 'select');
call portal_protect('usage_closedmonth', 'organization', 'select', 'select');
call portal_protect('usage_countdifference', 'organization', 'select', 'select, insert');
call portal_protect('usage_billingmonth', 'provider', 'select', 'select');
call portal_protect('usage_licensetotal', 'msp', 'select', 'select, insert');
call portal_protect('usage_licensing', 'msp', 'select', 'select, insert, delete',
    '{package_name, includes, committed, unit_price, overage_price, currency, contract_ends_on}');

create index seats_by_turn on usage_seats (month_ends_at);

-- Search inside names, as in accounts (0002): ids only, the tenant as argument, which inside a scope can be no other than the scope's.
create index user_name_trigrams on usage_user using gin (folded_name gin_trgm_ops);
create index device_name_trigrams on usage_device using gin (folded_name gin_trgm_ops);

create function usage_search_users(tenant text, wanted text) returns setof public_id
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select id from usage_user
    where provider_id = tenant and portal_may_search(tenant)
      and folded_name like '%' || regexp_replace(portal_fold(wanted), '([\\%_])', '\\\1', 'g') || '%'
$$;
create function usage_search_devices(tenant text, wanted text) returns setof public_id
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select id from usage_device
    where provider_id = tenant and portal_may_search(tenant)
      and folded_name like '%' || regexp_replace(portal_fold(wanted), '([\\%_])', '\\\1', 'g') || '%'
$$;

-- Whoever may execute a trigger function could hang it on a table of his own, and count with it.
revoke execute on function usage_step, usage_steps, usage_refuse_growth, usage_roll, usage_roll_months, usage_month_at, usage_move_users,
    usage_search_users, usage_search_devices, usage_before_zone_change, usage_after_organization, usage_before_closing, usage_after_insert,
    usage_after_delete, usage_after_move, usage_before_cap from public;
grant execute on function usage_move_users, usage_search_users, usage_search_devices to portal_tenant, portal_system;
grant execute on function usage_roll_months to portal_system;
