-- Whose row is whose: composite foreign keys, so that no row names one's own provider and another's organization.
call portal_bind_to_organization('accounts_administrator');
call portal_bind_to_organization('accounts_access');
call portal_bind_to_organization('accounts_auditevent');
alter table accounts_access add constraint accounts_access_same_administrator
    foreign key (provider_id, administrator_id) references accounts_administrator (provider_id, id);

-- Tenant tables.
call portal_protect('accounts_access', 'provider', 'select, insert, delete', 'select, insert, delete');
alter policy tenant on accounts_access  -- nobody limited to some organizations widens his own reach
    with check (provider_id = (select portal_provider()) and (select portal_reach()) = 'provider');
create policy not_by_the_limited on accounts_access as restrictive for delete to portal_tenant
    using (coalesce((select portal_reach()), 'provider') = 'provider');
call portal_protect('accounts_apikey', 'msp', 'select, insert', 'select, insert',
    '{name, mac, pepper, is_primary, expires_at, overlap_ends_at, revoked_at, revoked_by_name, last_used_at, last_used_from, last_used_by}');

-- An administrator limited to some organizations sees those of them, and himself.
call portal_protect('accounts_administrator', 'organization', 'select, insert', 'select, insert',
    '{person_id, email, first_name, last_name, role, api_access_at, limited_at, invited_at, joined_at, suspended_at}');
grant delete on accounts_administrator to portal_tenant, portal_system;
alter policy tenant on accounts_administrator
    using (provider_id = (select portal_provider())
           and ((select portal_reach()) = 'provider' or id = (select portal_administrator()) or organization_id in
               (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator()))));

alter table accounts_provider enable row level security;
create policy tenant on accounts_provider to portal_tenant
    using (id = (select portal_provider())) with check (id = (select portal_provider()));
create policy everything on accounts_provider to portal_system using (true) with check (true);
create policy by_the_msp on accounts_provider as restrictive for update to portal_tenant  -- its clients only read
    using (true) with check ((select portal_reach()) is distinct from 'organization');
grant select, update (name, contact_name, contact_email, contact_phone, time_zone, default_user_cap) on accounts_provider to portal_tenant;
grant select, insert, update (name, contact_name, contact_email, contact_phone, time_zone, default_user_cap, account_manager_name,
    account_manager_email, account_manager_phone, suspended_at) on accounts_provider to portal_system;

alter table accounts_organization enable row level security;
create policy tenant on accounts_organization to portal_tenant
    using (provider_id = (select portal_provider()) and ((select portal_reach()) = 'provider' or id in
        (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator()))))
    with check (provider_id = (select portal_provider()));
create policy everything on accounts_organization to portal_system using (true) with check (true);
create policy added_by_the_msp on accounts_organization as restrictive for insert to portal_tenant
    with check ((select portal_reach()) is distinct from 'organization');
create policy changed_by_the_msp on accounts_organization as restrictive for update to portal_tenant
    using (true) with check ((select portal_reach()) is distinct from 'organization');
grant select, insert, update (name, external_id, contact_name, contact_email, closed_at) on accounts_organization
    to portal_tenant, portal_system;

-- The audit log: added to, never changed. A limited administrator reads what concerns his organizations, and his own acts.
alter table accounts_auditevent enable row level security;
create policy readable on accounts_auditevent for select to portal_tenant
    using (provider_id = (select portal_provider())
           and ((select portal_reach()) = 'provider' or actor_id = (select portal_administrator()) or organization_id in
               (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator()))));
create policy written on accounts_auditevent for insert to portal_tenant with check (provider_id = (select portal_provider()));
create policy nobodys on accounts_auditevent for insert to portal_web with check (provider_id is null);
create policy everything on accounts_auditevent to portal_system using (true) with check (true);
grant select, insert on accounts_auditevent to portal_tenant, portal_system;
grant insert on accounts_auditevent to portal_web;
grant select, insert on accounts_auditchain to portal_system;

-- Identity tables, read before a tenant is known (the list: accounts/identity.py).
grant select, insert, update, delete on django_session, account_emailaddress, mfa_authenticator, accounts_signinattempts
    to portal_web, portal_system;
grant select, insert on accounts_person to portal_web;
grant update (password, last_login, email, first_name, last_name) on accounts_person to portal_web;
grant select, insert, update, delete on accounts_person, accounts_operator, django_admin_log to portal_system;
grant select, insert on django_content_type to portal_system;
grant select on django_migrations to portal_web, portal_system;

-- The two questions that come before a tenant is known: which places has this person, and whose key is this?
create function accounts_places_of(person public_id)
returns table (place accounts_administrator, provider_name text, organization_name text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select a, p.name, o.name
    from accounts_administrator a
    join accounts_provider p on p.id = a.provider_id
    left join accounts_organization o on o.id = a.organization_id
    where a.person_id = person and a.joined_at is not null
    order by p.name, o.name nulls first, a.id
$$;

create function accounts_key_by_lookup(wanted text) returns setof accounts_apikey
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select * from accounts_apikey where lookup = wanted
$$;

revoke execute on function accounts_places_of, accounts_key_by_lookup from public;
grant execute on function accounts_places_of, accounts_key_by_lookup to portal_web, portal_system;

-- Search inside names: under a policy the trigram index would not be used, so this function looks and answers with ids only.
create index organization_name_trigrams on accounts_organization using gin (folded_name gin_trgm_ops);

create function accounts_search_organizations(tenant text, wanted text) returns setof public_id
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select id from accounts_organization
    where provider_id = tenant and portal_may_search(tenant)
      and folded_name like '%' || regexp_replace(portal_fold(wanted), '([\\%_])', '\\\1', 'g') || '%'
$$;
revoke execute on function accounts_search_organizations from public;
grant execute on function accounts_search_organizations to portal_tenant, portal_system;

-- Django adds an index for LIKE to every text key. Nobody looks for a part of these.
drop index accounts_apikey_lookup_52bb82c1_like, accounts_signinattempts_subject_a62a3e38_like;
