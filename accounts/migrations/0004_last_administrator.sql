-- A provider that has an active Administrator With Billing who reaches all of it never loses the last one, whoever writes.
-- The provider's row is locked first: of two who suspend each other at the same instant, the second sees what the first did.
create function accounts_keep_an_administrator() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform from accounts_provider where id = old.provider_id for no key update;
    if not exists (select from accounts_administrator
                   where provider_id = old.provider_id and organization_id is null and role = 'Administrator With Billing'
                     and joined_at is not null and suspended_at is null and limited_at is null) then
        raise exception 'the last Administrator With Billing of provider %', old.provider_id using errcode = 'LA001';
    end if;
    return null;
end
$$;
revoke execute on function accounts_keep_an_administrator from public;

-- Only the loss of one is looked at; anything else about administrators costs nothing.
create trigger keep_an_administrator_on_update
    after update of role, joined_at, suspended_at, limited_at, organization_id on accounts_administrator
    for each row
    when (old.role = 'Administrator With Billing' and old.joined_at is not null and old.suspended_at is null and old.limited_at is null
          and (new.role <> 'Administrator With Billing' or new.joined_at is null or new.suspended_at is not null
               or new.limited_at is not null))
    execute function accounts_keep_an_administrator();

create trigger keep_an_administrator_on_delete
    after delete on accounts_administrator
    for each row
    when (old.role = 'Administrator With Billing' and old.joined_at is not null and old.suspended_at is null and old.limited_at is null)
    execute function accounts_keep_an_administrator();
