-- What was told stays told.
create trigger billing_notice_frozen before update or delete on billing_notice
    for each row execute function billing_frozen();
call portal_protect('billing_notice', 'msp', 'select, insert', 'select, insert');
