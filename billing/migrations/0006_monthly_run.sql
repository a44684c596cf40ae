-- A month is billed once, whoever runs it and how often, and the note of it is never changed.
create trigger billing_billedmonth_frozen before update or delete on billing_billedmonth
    for each row execute function billing_frozen();
call portal_protect('billing_billedmonth', 'msp', 'select', 'select, insert');
