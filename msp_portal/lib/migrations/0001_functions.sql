create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- Identifiers: 12 hexadecimal digits of milliseconds, then 12 random ones.
create domain public_id as text collate "C" check (value ~ '^[0-9a-f]{24}$');

create function portal_new_id() returns public_id language sql volatile parallel safe as $$
    select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')
            || right(replace(gen_random_uuid()::text, '-', ''), 12))::public_id
$$;

-- One folding for search, sorting and uniqueness: no case, no accents. The dictionary is named, so it is immutable.
create function portal_fold(written text) returns text language sql immutable strict parallel safe as $$
    select lower(public.unaccent('public.unaccent'::regdictionary, written))
$$;

-- The tenant at hand, as policies compare it. Each is wrapped in `(select …)` where it is used, so it runs once a statement.
create function portal_provider() returns text language sql stable parallel safe as $$
    select nullif(current_setting('portal.provider', true), '')
$$;

create function portal_administrator() returns text language sql stable parallel safe as $$
    select nullif(current_setting('portal.administrator', true), '')
$$;

-- 'provider': all of it; 'some': an administrator limited to some organizations; 'organization': a client's own administrator.
create function portal_reach() returns text language sql stable parallel safe as $$
    select nullif(current_setting('portal.reach', true), '')
$$;

-- Whether a search function, which sees all rows, may look into this tenant: inside a scope only into the scope's.
create function portal_may_search(tenant text) returns boolean language sql stable parallel safe as $$
    select tenant = portal_provider() or current_setting('role') = 'none'
$$;

-- Puts a table behind the wall. `kind` says who inside the tenant sees a row:
--   'provider'      every administrator of the provider
--   'msp'           the MSP's own administrators, not those of a client organization
--   'organization'  the above, limited to the organizations that the administrator may reach (column organization_id)
-- `tenant` and `system` are privileges such as 'select, insert'. UPDATE is granted on `changeable` columns only, and never on
-- those that say whose row it is.
create procedure portal_protect(target regclass, kind text, tenant text, system text, changeable text[] default '{}')
language plpgsql as $$
declare
    mine text := 'provider_id = (select portal_provider())';
    reachable text := $r$ and ((select portal_reach()) = 'provider' or organization_id in
        (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator())))$r$;
    rule text := mine || case kind when 'provider' then '' when 'msp' then $r$ and (select portal_reach()) in ('provider', 'some')$r$
                                   when 'organization' then reachable end;
begin
    if rule is null then
        raise exception 'portal_protect: unknown kind %', kind;
    end if;
    if changeable && array['id', 'provider_id', 'organization_id'] then
        raise exception 'portal_protect: a row of % never changes its owner', target;
    end if;
    execute format('alter table %s enable row level security', target);
    execute format('drop policy if exists tenant on %s', target);
    execute format('drop policy if exists everything on %s', target);
    execute format('create policy tenant on %s to portal_tenant using (%s) with check (%s)', target, rule, rule);
    execute format('create policy everything on %s to portal_system using (true) with check (true)', target);
    execute format('revoke all on %s from portal_tenant, portal_system, portal_web', target);
    execute format('grant %s on %s to portal_tenant', tenant, target);
    execute format('grant %s on %s to portal_system', system, target);
    if cardinality(changeable) > 0 then
        execute format('grant update (%s) on %s to portal_tenant, portal_system',
                       (select string_agg(quote_ident(c), ', ') from unnest(changeable) c), target);
    end if;
end
$$;

-- A row that names one's own provider and another's organization passes the policy; this foreign key refuses it.
create procedure portal_bind_to_organization(target regclass) language plpgsql as $$
begin
    execute format('alter table %s add constraint %I foreign key (provider_id, organization_id)
                    references accounts_organization (provider_id, id)',
                   target, replace(target::text, '.', '_') || '_same_tenant');
end
$$;

revoke execute on procedure portal_protect, portal_bind_to_organization from public;
