-- Whose row is whose: a row that names one's own provider and another's contract, invoice or organization is refused.
alter table billing_contractdocument add constraint billing_contractdocument_same_tenant
    foreign key (provider_id, contract_id) references billing_contract (provider_id, id);
alter table billing_invoice add constraint billing_invoice_same_tenant
    foreign key (provider_id, corrects_id) references billing_invoice (provider_id, id);
alter table billing_invoiceline add constraint billing_invoiceline_same_invoice
    foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id);
alter table billing_payment add constraint billing_payment_same_invoice
    foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id);
call portal_bind_to_organization('billing_invoiceline');

-- What was issued, signed or paid is never changed and never removed, by whomever.
create function billing_frozen() returns trigger language plpgsql as $$
begin
    raise exception '% is frozen: a correction is a row of its own', tg_table_name using errcode = 'BL001';
end
$$;
create trigger billing_invoice_frozen before update or delete on billing_invoice
    for each row execute function billing_frozen();
create trigger billing_invoiceline_frozen before update or delete on billing_invoiceline
    for each row execute function billing_frozen();
create trigger billing_payment_frozen before update or delete on billing_payment
    for each row execute function billing_frozen();
create trigger billing_contract_frozen before update or delete on billing_contract
    for each row execute function billing_frozen();
create trigger billing_contractdocument_frozen before update or delete on billing_contractdocument
    for each row execute function billing_frozen();

-- An invoice is issued with all its lines at once: later transactions can't add one, and at the commit they must add up.
alter table billing_invoice add column issued_in bigint not null default pg_current_xact_id()::text::bigint;

create function billing_lines_in_time() returns trigger language plpgsql as $$
begin
    if exists (select 1 from added a join billing_invoice i on i.id = a.invoice_id
               where i.issued_in <> pg_current_xact_id()::text::bigint) then
        raise exception 'the invoice was issued before' using errcode = 'BL001';
    end if;
    return null;
end
$$;
create trigger billing_lines_in_time after insert on billing_invoiceline
    referencing new table as added for each statement execute function billing_lines_in_time();

create function billing_lines_add_up() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if (select coalesce(sum(l.amount), 0) from billing_invoiceline l where l.invoice_id = new.id) <> new.total_amount then
        raise exception 'the lines of % do not add up to its total', new.number using errcode = 'BL002';
    end if;
    return null;
end
$$;
create constraint trigger billing_lines_add_up after insert on billing_invoice
    deferrable initially deferred for each row execute function billing_lines_add_up();
revoke execute on function billing_lines_add_up from public;

-- The wall. An MSP reads its contract, invoices and payments; the system writes them. Billing information is the MSP's own to edit.
call portal_protect('billing_contract', 'msp', 'select', 'select, insert');
call portal_protect('billing_contractdocument', 'msp', 'select', 'select, insert');
call portal_protect('billing_invoice', 'msp', 'select', 'select, insert');
call portal_protect('billing_invoiceline', 'msp', 'select', 'select, insert');
call portal_protect('billing_payment', 'msp', 'select', 'select, insert');
call portal_protect('billing_paymentmethod', 'msp', 'select', 'select, insert', '{place, removed_at}');
call portal_protect('billing_billinginformation', 'msp', 'select, insert', 'select, insert',
    '{company, contact_name, contact_email, contact_phone, street, street_2, city, region, postal_code, country, recipients, po_number, tax_number}');
revoke update on billing_paymentmethod from portal_tenant;

-- Global by name (accounts/identity.py): the list of packages, and the counters of invoice numbers.
grant select on billing_package to portal_tenant;
grant select, insert, update on billing_package, billing_invoiceseries to portal_system;

-- Django adds an index for LIKE to every text key. Nobody looks for a part of a number.
drop index billing_invoice_number_b2bb8a8d_like;
