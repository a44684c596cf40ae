-- Who uses which key. A row names a key of its own provider, whoever writes it.
alter table accounts_apikeyuse add constraint accounts_apikeyuse_same_key
    foreign key (provider_id, api_key_id) references accounts_apikey (provider_id, id);
call portal_protect('accounts_apikeyuse', 'msp', 'select, insert', 'select, insert', '{address, last_used_at}');
