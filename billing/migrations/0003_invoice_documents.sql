-- A paper is of an invoice of its own provider, and like the invoice it is never changed and never removed.
alter table billing_invoicedocument add constraint billing_invoicedocument_same_invoice
    foreign key (provider_id, invoice_id) references billing_invoice (provider_id, id);
create trigger billing_invoicedocument_frozen before update or delete on billing_invoicedocument
    for each row execute function billing_frozen();
call portal_protect('billing_invoicedocument', 'msp', 'select', 'select, insert');
