-- The same walls under the new names (see 0010), and what may be changed now.
call portal_protect('usage_stagedimport', 'organization', 'select, insert', 'select, insert, delete',
    '{state, rows_read, faulty_rows, ignored, problem, refusal, administrator_id, by, settled_at, attempt, lease_ends_at}');
call portal_protect('usage_stagedfile', 'organization', 'select, insert, delete', 'select, insert, delete');
call portal_protect('usage_stagedrow', 'organization', 'select, insert, delete', 'select, insert, delete', '{faults, warnings}');

alter table usage_stagedimport rename constraint usage_userimport_same_tenant to usage_stagedimport_same_tenant;
alter table usage_stagedfile rename constraint usage_userimportfile_same_tenant to usage_stagedfile_same_tenant;
alter table usage_stagedrow rename constraint usage_userimportrow_same_tenant to usage_stagedrow_same_tenant;
alter table usage_stagedfile rename constraint usage_userimportfile_same_import to usage_stagedfile_same_import;
alter table usage_stagedrow rename constraint usage_userimportrow_same_import to usage_stagedrow_same_import;
