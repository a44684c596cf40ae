-- Whoever opens an organization holds its provider until the commit; the foreign key alone would take hold only then. So the monthly run, which
-- locks the provider, sees every organization whose mark belongs to the month, or leaves the provider for its next run.
create function usage_before_organization() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform 1 from accounts_provider p where p.id = new.provider_id for key share;
    return new;
end
$$;
create trigger usage_organization_opening before insert on accounts_organization
    for each row execute function usage_before_organization();
revoke execute on function usage_before_organization from public;
