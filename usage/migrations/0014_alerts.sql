-- Alerts (docs/decisions/0024). What a cap was when: written by the database, in the same numbers as the seat ledger and behind the same lock,
-- so that both are one feed. The gate's own statements change no cap and never come here.
create function usage_after_cap() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into usage_capevent (id, provider_id, organization_id, at, cap_before, cap_after, users, by)
    values (nextval('usage_seatevent_id_seq'), new.provider_id, new.organization_id, greatest(new.cap_changed_at, new.changed_at),
            old.user_cap, new.user_cap, new.users, new.cap_changed_by);
    return null;
end
$$;
create trigger usage_ledger_shown before insert on usage_capevent for each statement execute function usage_before_ledger();
create trigger usage_cap_noted after update of user_cap on usage_seats
    for each row when (old.user_cap is distinct from new.user_cap) execute function usage_after_cap();

-- From which number on an alert fires, under a cap or with a commitment of `most`; null where there is none, or the alert watches the other.
-- Near a cap are `near_seats` and fewer that are left, near the commitment is a share of it; above it is one more.
create function usage_alert_threshold(kind text, percent integer, most integer, near_seats integer, near_share numeric) returns integer
language sql immutable as $$
    select case when most is null then null  -- not by itself: greatest() passes over it
                when near_seats is not null then
                     case kind when 'near_limit' then greatest(most - near_seats, 1)
                               when 'limit_reached' then most
                               when 'cap_share' then ceil(most * percent / 100.0)::integer end
                else case kind when 'licenses_near' then ceil(most * near_share)::integer
                               when 'licenses_over' then most + 1
                               when 'licenses_share' then ceil(most * percent / 100.0)::integer end end
$$;

-- In which of the provider's months a crossing fell is the database's to say, as for the marks.
create function usage_before_crossing() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    new.month := (usage_month_at(new.provider_id, new.at)).month;
    return new;
end
$$;
create trigger usage_crossing_month before insert on usage_alertcrossing for each row execute function usage_before_crossing();

-- Each provider begins with four alerts, which it may change, mute or remove.
create function usage_usual_alerts(tenant text, moment timestamptz) returns void language sql as $$
    insert into usage_alertrule (provider_id, kind, to_billing, administrators, emails, by_email, by_webhook, since, changed_by)
    select tenant, kind, true, '{}', '{}', true, true, moment, ''
    from unnest(array['near_limit', 'limit_reached', 'licenses_near', 'licenses_over']) kind
$$;
create function usage_after_provider() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform usage_usual_alerts(new.id, usage_now());
    return null;
end
$$;
create trigger usage_provider_made after insert on accounts_provider for each row execute function usage_after_provider();
select usage_usual_alerts(p.id, now()) from accounts_provider p;

-- What happened before is nobody's news.
insert into usage_alertbookmark (id, event, slot) values (1, usage_ledger_drawn(), date_trunc('hour', now(), 'UTC'));

call portal_bind_to_organization('usage_capevent');
call portal_bind_to_organization('usage_alertrule');
call portal_bind_to_organization('usage_alertcrossing');
call portal_bind_to_organization('usage_alertmail');
alter table usage_alertcrossing add constraint usage_alertcrossing_same_rule
    foreign key (provider_id, rule_id) references usage_alertrule (provider_id, id) on delete set null (rule_id);
alter table usage_alertmail add constraint usage_alertmail_same_rule
    foreign key (provider_id, rule_id) references usage_alertrule (provider_id, id) on delete set null (rule_id);
alter table usage_alertmail add constraint usage_alertmail_same_crossing
    foreign key (provider_id, crossing_id) references usage_alertcrossing (provider_id, id);

call portal_protect('usage_capevent', 'organization', 'select', 'select');
call portal_protect('usage_alertrule', 'organization', 'select, insert, delete', 'select, insert, delete',
    '{percent, to_billing, administrators, emails, by_email, by_webhook, since, changed_by, muted_at, muted_until}');
call portal_protect('usage_alertcrossing', 'organization', 'select', 'select, insert', '{told_at, webhooks}');
call portal_protect('usage_alertmail', 'organization', 'select, insert', 'select, insert', '{sent_at, failed_at, error}');
grant select, update (event, slot) on usage_alertbookmark to portal_system;

-- They are the MSP's own: a client's administrator sees neither what is watched nor who is told.
create policy not_of_a_client on usage_alertrule as restrictive for all to portal_tenant
    using ((select portal_reach()) is distinct from 'organization');
create policy not_of_a_client on usage_alertcrossing as restrictive for all to portal_tenant
    using ((select portal_reach()) is distinct from 'organization');
create policy not_of_a_client on usage_alertmail as restrictive for all to portal_tenant
    using ((select portal_reach()) is distinct from 'organization');

revoke execute on function usage_after_cap, usage_usual_alerts, usage_after_provider, usage_before_crossing, usage_alert_threshold from public;
grant execute on function usage_alert_threshold to portal_system, portal_tenant;
