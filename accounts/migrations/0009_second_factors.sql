-- A tenant's scope reads nothing of sign-ins. Whether a person has a second factor is the one thing that his place tells of it.
create function accounts_second_factors(tenant text) returns setof public_id
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select a.id from accounts_administrator a
    join mfa_authenticator m on m.user_id = a.person_id and m.type = 'totp'
    where a.provider_id = tenant and portal_may_search(tenant)
$$;
revoke execute on function accounts_second_factors from public;
grant execute on function accounts_second_factors to portal_tenant, portal_system;
