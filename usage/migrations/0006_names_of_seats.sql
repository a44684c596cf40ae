-- The copy is made in the transaction of the original, and no runtime role may write it: it cannot differ.
create or replace function usage_after_organization() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    moment timestamptz := usage_now();
    this_month usage_billingmonth := usage_month_at(new.provider_id, moment);
begin
    insert into usage_seats (organization_id, provider_id, name, folded_name, closed_at, users, devices, user_cap, cap_changed_by,
                             changed_at, month, month_ends_at, users_carried, users_mark, users_mark_at,
                             devices_carried, devices_mark, devices_mark_at)
    values (new.id, new.provider_id, new.name, new.folded_name, new.closed_at, 0, 0,
            (select p.default_user_cap from accounts_provider p where p.id = new.provider_id), '',
            moment, this_month.month, this_month.ends_at, 0, 0, moment, 0, 0, moment);
    return null;
end
$$;

-- Whoever changes an organization holds its row and now waits for its seats. So who needs both takes the organization first; the gate takes seats
-- alone, and its foreign key asks of the organization only that it stays.
create function usage_after_organization_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    update usage_seats s set name = new.name, folded_name = new.folded_name, closed_at = new.closed_at
    where s.organization_id = new.id;
    return null;
end
$$;
create trigger usage_organization_changed after update of name, closed_at on accounts_organization
    for each row execute function usage_after_organization_change();
revoke execute on function usage_after_organization_change from public;

update usage_seats s set name = o.name, folded_name = o.folded_name, closed_at = o.closed_at
from accounts_organization o where o.id = s.organization_id;
