-- Webhooks of a provider. No delivery goes to another's endpoint, and no attempt belongs to another's delivery.
alter table usage_webhookdelivery add constraint usage_webhookdelivery_same_endpoint
    foreign key (provider_id, endpoint_id) references usage_webhookendpoint (provider_id, id) on delete cascade;
alter table usage_webhookattempt add constraint usage_webhookattempt_same_delivery
    foreign key (provider_id, delivery_id) references usage_webhookdelivery (provider_id, id) on delete cascade;

call portal_protect('usage_webhookendpoint', 'msp', 'select, insert, delete', 'select, insert, delete',
    '{url, description, types, sealed_secret, former_sealed_secret, former_secret_until, paused_at, paused_by_name, failing_since, told_at,
      called_at, busy_until, held_until, last_success_at}');
call portal_protect('usage_webhookdelivery', 'msp', 'select, insert', 'select, insert, delete',
    '{state, tries, due_at, settled_at, replayed_at, replayed_by_name}');
call portal_protect('usage_webhookattempt', 'msp', 'select', 'select, insert, delete', '{signature, milliseconds, status, answer, error}');

-- Events tell of every organization, so whoever is limited to some sees nothing of where they go.
create policy of_the_whole_provider on usage_webhookendpoint as restrictive for all to portal_tenant
    using (coalesce((select portal_reach()), 'provider') = 'provider');
create policy of_the_whole_provider on usage_webhookdelivery as restrictive for all to portal_tenant
    using (coalesce((select portal_reach()), 'provider') = 'provider');
create policy of_the_whole_provider on usage_webhookattempt as restrictive for all to portal_tenant
    using (coalesce((select portal_reach()), 'provider') = 'provider');

-- One delivery of each body for each active endpoint that listens to the kind; how many. It runs as the owner, as whoever does something worth
-- telling, such as a client's administrator, must not see where it is told. An endpoint that is being removed is passed over, so it fails nobody's act.
create function usage_announce(tenant text, kind text, bodies text[], moment timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    told integer;
begin
    if not coalesce(portal_may_search(tenant), false) then
        raise insufficient_privilege using message = 'usage_announce: another tenant''s event';
    end if;
    with message as materialized (select 'msg_' || portal_new_id() as id, body from unnest(bodies) body)
    insert into usage_webhookdelivery (provider_id, endpoint_id, message_id, type, body, announced_at, state, tries, due_at, replayed_by_name)
    select tenant, endpoint.id, message.id, kind, message.body, moment, 'waiting', 0, moment, ''
    from usage_webhookendpoint endpoint cross join message
    where endpoint.provider_id = tenant and endpoint.paused_at is null and kind = any (endpoint.types)
    order by message.id, endpoint.id
    for key share of endpoint;
    get diagnostics told = row_count;
    return told;
end
$$;

-- Whether any would be told; asked first, as to word ten thousand events that nobody hears takes longer than what they tell of.
create function usage_listens(tenant text, kind text) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select portal_may_search(tenant) and exists
        (select from usage_webhookendpoint e where e.provider_id = tenant and e.paused_at is null and kind = any (e.types))
$$;
revoke execute on function usage_announce, usage_listens from public;
grant execute on function usage_announce, usage_listens to portal_tenant, portal_system;
