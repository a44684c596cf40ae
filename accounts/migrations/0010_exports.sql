-- Whose file it is, and of which file each piece. It goes with the place of whoever asked for it.
alter table accounts_export add constraint accounts_export_same_administrator
    foreign key (provider_id, administrator_id) references accounts_administrator (provider_id, id) on delete cascade;
alter table accounts_exportpiece add constraint accounts_exportpiece_same_export
    foreign key (provider_id, export_id) references accounts_export (provider_id, id) on delete cascade;

-- An administrator limited to some organizations, or a client's own, sees his own files and no others. The worker alone writes them.
call portal_protect('accounts_export', 'provider', 'select, insert, delete', 'select, insert, delete');
alter policy tenant on accounts_export
    using (provider_id = (select portal_provider())
           and ((select portal_reach()) = 'provider' or administrator_id = (select portal_administrator())))
    with check (provider_id = (select portal_provider())
           and ((select portal_reach()) = 'provider' or administrator_id = (select portal_administrator())));
grant update (state, rows_written, size, rights, problem, made_at, expires_at, attempt, lease_ends_at) on accounts_export to portal_system;

-- Whoever sees a file reads its pieces. (The policy of the files holds inside this one, too.)
call portal_protect('accounts_exportpiece', 'provider', 'select, delete', 'select, insert, delete');
alter policy tenant on accounts_exportpiece
    using (provider_id = (select portal_provider()) and exists (select from accounts_export e where e.id = export_id));

-- What the worker looks for every minute, and what a person's page lists.
create index exports_for_the_worker on accounts_export (asked_at) where state in ('waiting', 'making');
create index exports_of_administrator on accounts_export (administrator_id, asked_at);
