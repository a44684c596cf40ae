-- A row names a key of its own provider, whoever writes it.
alter table accounts_idempotentanswer add constraint accounts_idempotentanswer_same_key
    foreign key (provider_id, api_key_id) references accounts_apikey (provider_id, id) on delete cascade;
call portal_protect('accounts_idempotentanswer', 'msp', 'select, insert', 'select, delete', '{status, headers, body}');
