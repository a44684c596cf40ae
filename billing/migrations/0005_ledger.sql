-- Whose row is whose.
alter table billing_posting
    add constraint billing_posting_same_invoice foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id),
    add constraint billing_posting_same_issued foreign key (provider_id, issued_id) references billing_invoice (provider_id, id),
    add constraint billing_posting_same_payment foreign key (provider_id, payment_id) references billing_payment (provider_id, id);
alter table billing_invoicetax add constraint billing_invoicetax_same_invoice
    foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id);
alter table billing_payment
    add constraint billing_payment_same_charge foreign key (provider_id, charge_id) references billing_charge (provider_id, id),
    add constraint billing_payment_same_payment foreign key (provider_id, takes_back_id) references billing_payment (provider_id, id);
alter table billing_charge
    add constraint billing_charge_same_invoice foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id),
    add constraint billing_charge_same_method foreign key (provider_id, method_id) references billing_paymentmethod (provider_id, id);
alter table billing_chargeevent add constraint billing_chargeevent_same_charge
    foreign key (provider_id, charge_id) references billing_charge (provider_id, id);
alter table billing_refund add constraint billing_refund_same_payment
    foreign key (provider_id, payment_id) references billing_payment (provider_id, id);
alter table billing_methodsetup
    add constraint billing_methodsetup_same_method foreign key (provider_id, method_id) references billing_paymentmethod (provider_id, id),
    add constraint billing_methodsetup_same_replaced foreign key (provider_id, replaces_id) references billing_paymentmethod (provider_id, id);

-- What was posted, taxed or told stays.
create trigger billing_posting_frozen before update or delete on billing_posting
    for each row execute function billing_frozen();
create trigger billing_invoicetax_frozen before update or delete on billing_invoicetax
    for each row execute function billing_frozen();
create trigger billing_chargeevent_frozen before update or delete on billing_chargeevent
    for each row execute function billing_frozen();
create trigger billing_invoicetax_in_time after insert on billing_invoicetax
    referencing new table as added for each statement execute function billing_lines_in_time();

-- Double entry. Each table posts its own side where it is written, so no path can forget one: the invoice what it claims, its lines the
-- revenue, its tax lines the tax, a payment both of its sides. At the commit every event must balance.
create function billing_event_of(corrects text) returns text language sql immutable parallel safe as $$
    select case when corrects is null then 'invoice' else 'credit_note' end
$$;

create function billing_post_invoice() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, issued_id)
    select new.provider_id, new.issued_at, billing_event_of(new.corrects_id), 'receivable', new.currency, new.total_amount,
           coalesce(new.corrects_id, new.id), new.id
    where new.total_amount <> 0;
    return null;
end
$$;

create function billing_post_part() returns trigger  -- its argument is the account: 'revenue' or 'tax'
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, issued_id)
    select i.provider_id, i.issued_at, billing_event_of(i.corrects_id), tg_argv[0], i.currency, -sum(a.amount),
           coalesce(i.corrects_id, i.id), i.id
    from added a join billing_invoice i on i.id = a.invoice_id
    group by i.id having sum(a.amount) <> 0;
    return null;
end
$$;

create function billing_post_payment() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, payment_id)
    select new.provider_id, new.received_at, case when new.kind in ('refund', 'return', 'write_off') then new.kind else 'payment' end,
           side.account, i.currency, side.amount, new.invoice_id, new.id
    from billing_invoice i
    cross join lateral (values (case new.kind when 'write_off' then 'bad_debt' else 'cash' end, new.amount),
                               ('receivable', -new.amount)) side (account, amount)
    where i.id = new.invoice_id;
    return null;
end
$$;

create function billing_event_balances() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    left_over numeric;
begin
    if new.issued_id is not null then
        select sum(p.amount) into left_over from billing_posting p where p.issued_id = new.issued_id;
    else
        select sum(p.amount) into left_over from billing_posting p where p.payment_id = new.payment_id;
    end if;
    if left_over <> 0 then
        raise exception 'the lines of % do not add up to its total: % is left over',
            (select i.number from billing_invoice i where i.id = new.invoice_id), left_over using errcode = 'BL002';
    end if;
    return null;
end
$$;
revoke execute on function billing_post_invoice, billing_post_part, billing_post_payment, billing_event_balances from public;

create trigger billing_invoice_posts after insert on billing_invoice for each row execute function billing_post_invoice();
create trigger billing_invoiceline_posts after insert on billing_invoiceline
    referencing new table as added for each statement execute function billing_post_part('revenue');
create trigger billing_invoicetax_posts after insert on billing_invoicetax
    referencing new table as added for each statement execute function billing_post_part('tax');
create trigger billing_payment_posts after insert on billing_payment for each row execute function billing_post_payment();
create constraint trigger billing_event_balances after insert on billing_posting
    deferrable initially deferred for each row execute function billing_event_balances();
drop trigger billing_lines_add_up on billing_invoice;  -- the balance says the same, with taxes
drop function billing_lines_add_up;

-- What was issued and paid before there was a ledger.
insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, issued_id)
    select i.provider_id, i.issued_at, billing_event_of(i.corrects_id), side.account, i.currency, side.amount,
           coalesce(i.corrects_id, i.id), i.id
    from billing_invoice i cross join lateral (values ('receivable', i.total_amount), ('revenue', -i.total_amount)) side (account, amount)
    where side.amount <> 0;
insert into billing_posting (provider_id, at, event, account, currency, amount, invoice_id, payment_id)
    select p.provider_id, p.received_at, case p.kind when 'refund' then 'refund' else 'payment' end, side.account, i.currency, side.amount,
           p.invoice_id, p.id
    from billing_payment p join billing_invoice i on i.id = p.invoice_id
    cross join lateral (values ('cash', p.amount), ('receivable', -p.amount)) side (account, amount);

-- A payment fits what it comes from: a charge brings its whole amount to its own invoice, and no more goes back than came.
create function billing_payment_fits() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    taken billing_payment;
begin
    if new.charge_id is not null and new.amount > 0 and not exists (
            select from billing_charge c where c.id = new.charge_id and c.invoice_id = new.invoice_id and c.amount = new.amount) then
        raise exception 'the payment is not what its charge was for' using errcode = 'BL003';
    end if;
    if new.takes_back_id is not null then
        select * into taken from billing_payment p where p.id = new.takes_back_id for update;
        if taken.invoice_id <> new.invoice_id or taken.amount + new.amount
                + (select coalesce(sum(p.amount), 0) from billing_payment p where p.takes_back_id = taken.id) < 0 then
            raise exception 'more goes back than was paid' using errcode = 'BL003';
        end if;
    end if;
    return new;
end
$$;
create trigger billing_payment_fits before insert on billing_payment for each row execute function billing_payment_fits();

-- A charge begins as an intent, over no more than is owed. Once money has come in nothing takes that back; what failed may turn out to have
-- succeeded, as the payment provider has the last word.
create function billing_charge_begins() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.state <> 'intended' or new.psp_id <> '' or new.sent_at is not null then
        raise exception 'a charge begins as an intent' using errcode = 'BL004';
    end if;
    if new.currency <> (select i.currency from billing_invoice i where i.id = new.invoice_id) or new.amount >
            (select coalesce(sum(p.amount), 0) from billing_posting p where p.invoice_id = new.invoice_id and p.account = 'receivable') then
        raise exception 'a charge is of no more than is owed' using errcode = 'BL004';
    end if;
    return new;
end
$$;
create function billing_charge_moves() returns trigger language plpgsql as $$
begin
    if new.state <> old.state and (old.state = 'succeeded' or new.state = 'intended' or (old.state = 'failed' and new.state <> 'succeeded')) then
        raise exception 'a charge that % does not become %', old.state, new.state using errcode = 'BL004';
    end if;
    return new;
end
$$;
revoke execute on function billing_payment_fits, billing_charge_begins from public;
create trigger billing_charge_begins before insert on billing_charge for each row execute function billing_charge_begins();
create trigger billing_charge_moves before update of state on billing_charge for each row execute function billing_charge_moves();

-- The wall. The ledger is written by the triggers above and by nobody else.
call portal_protect('billing_posting', 'msp', 'select', 'select');
call portal_protect('billing_invoicetax', 'msp', 'select', 'select, insert');
call portal_protect('billing_charge', 'msp', 'select, insert', 'select, insert');
call portal_protect('billing_chargeevent', 'msp', 'select', 'select, insert');
call portal_protect('billing_refund', 'msp', 'select', 'select, insert');
call portal_protect('billing_methodsetup', 'msp', 'select, insert', 'select, insert', '{state}');
call portal_protect('billing_billingaccount', 'msp', 'select, insert', 'select, insert', '{autopay, autopay_ceiling}');
call portal_protect('billing_paymentmethod', 'msp', 'select', 'select, insert', '{place, removed_at}');
grant update (state, psp_id, action_url, decline_code, sent_at, settled_at) on billing_charge to portal_system;
grant update (state, psp_id, failure, sent_at, settled_at) on billing_refund to portal_system;
grant update (session_id, url, failure, method_id, settled_at) on billing_methodsetup to portal_system;
grant update (psp_customer) on billing_billingaccount to portal_system;
grant update (sealed_token, brand, last4, expires_on) on billing_paymentmethod to portal_system;

-- The inbox of webhooks: the public web process may only put something in.
revoke all on billing_webhookevent from portal_tenant, portal_system, portal_web;
grant insert on billing_webhookevent to portal_web;
grant select, insert, delete, update (body, processed_at, tries, outcome, note) on billing_webhookevent to portal_system;
