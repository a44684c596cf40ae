-- Whose file it is, and whose each row of it. No file and no row belongs to another's import.
call portal_bind_to_organization('usage_userimport');
call portal_bind_to_organization('usage_userimportfile');
call portal_bind_to_organization('usage_userimportrow');
alter table usage_userimportfile add constraint usage_userimportfile_same_import
    foreign key (provider_id, user_import_id) references usage_userimport (provider_id, id) on delete cascade;
alter table usage_userimportrow add constraint usage_userimportrow_same_import
    foreign key (provider_id, user_import_id) references usage_userimport (provider_id, id) on delete cascade;

call portal_protect('usage_userimport', 'organization', 'select, insert', 'select, insert, delete',
    '{state, rows_read, faulty_rows, ignored, problem, refusal, administrator_id, by, settled_at, attempt, lease_ends_at}');
call portal_protect('usage_userimportfile', 'organization', 'select, insert, delete', 'select, insert, delete');
call portal_protect('usage_userimportrow', 'organization', 'select, insert, delete', 'select, insert, delete', '{faults}');

-- What the worker looks for every minute.
create index imports_for_the_worker on usage_userimport (started_at) where state in ('waiting', 'checking', 'confirmed', 'importing');
