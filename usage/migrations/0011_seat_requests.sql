-- Requests for seats. A row names an organization and an asker of its own provider, whoever writes it.
call portal_bind_to_organization('usage_seatrequest');
alter table usage_seatrequest add constraint usage_seatrequest_same_asker
    foreign key (provider_id, asked_by_id) references accounts_administrator (provider_id, id) on delete set null (asked_by_id);
call portal_protect('usage_seatrequest', 'organization', 'select, insert', 'select, insert',
    '{state, decided_at, decided_by_name, granted_seats, answer}');

-- A request begins open, and what was answered stays. A client's administrator may take his request back and never grants it himself.
create policy begins_open on usage_seatrequest as restrictive for insert to portal_tenant with check (state = 'open');
create policy answered_once on usage_seatrequest as restrictive for update to portal_tenant
    using (state = 'open')
    with check ((select portal_reach()) is distinct from 'organization' or state = 'withdrawn');
