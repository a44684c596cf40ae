-- As in 0013, with what the deliveries are about: the page of an alert leads to them. An index on the body could not be kept small.
drop function usage_announce(text, text, text[], timestamptz);
create function usage_announce(tenant text, kind text, bodies text[], moment timestamptz, subject text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    told integer;
begin
    if not coalesce(portal_may_search(tenant), false) then
        raise insufficient_privilege using message = 'usage_announce: another tenant''s event';
    end if;
    with message as materialized (select 'msg_' || portal_new_id() as id, body from unnest(bodies) body)
    insert into usage_webhookdelivery (provider_id, endpoint_id, message_id, type, about, body, announced_at, state, tries, due_at, replayed_by_name)
    select tenant, endpoint.id, message.id, kind, subject, message.body, moment, 'waiting', 0, moment, ''
    from usage_webhookendpoint endpoint cross join message
    where endpoint.provider_id = tenant and endpoint.paused_at is null and kind = any (endpoint.types)
    order by message.id, endpoint.id
    for key share of endpoint;
    get diagnostics told = row_count;
    return told;
end
$$;
revoke execute on function usage_announce from public;
grant execute on function usage_announce to portal_tenant, portal_system;
