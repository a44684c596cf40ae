-- A search is planned for the tenant and the words at hand. A plan for any would expect few answers, which for a word that thousands of a tenant's
-- users share takes four times as long.
create or replace function usage_search_users(tenant text, wanted text) returns setof public_id
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if portal_may_search(tenant) then
        return query execute 'select id from usage_user where provider_id = $1 and folded_name like $2'
            using tenant, '%' || regexp_replace(portal_fold(wanted), '([\\%_])', '\\\1', 'g') || '%';
    end if;
end
$$;

create or replace function usage_search_devices(tenant text, wanted text) returns setof public_id
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if portal_may_search(tenant) then
        return query execute 'select id from usage_device where provider_id = $1 and folded_name like $2'
            using tenant, '%' || regexp_replace(portal_fold(wanted), '([\\%_])', '\\\1', 'g') || '%';
    end if;
end
$$;
