-- Whose row is whose: a case names an organization and a reporter of its own provider, a message a case of its own provider.
call portal_bind_to_organization('accounts_supportcase');
alter table accounts_supportcase add constraint accounts_supportcase_same_reporter
    foreign key (provider_id, reporter_id) references accounts_administrator (provider_id, id) on delete set null (reporter_id);
alter table accounts_supportmessage add constraint accounts_supportmessage_same_case
    foreign key (provider_id, case_id) references accounts_supportcase (provider_id, id);

-- Cases are between the MSP and the vendor. An administrator limited to some organizations sees theirs, and what he submitted himself;
-- a client's administrator sees none. What was written is never changed: only how a case stands is.
call portal_protect('accounts_supportcase', 'msp', 'select, insert', 'select, insert', '{status, changed_at}');
alter policy tenant on accounts_supportcase
    using (provider_id = (select portal_provider())
           and ((select portal_reach()) = 'provider' or ((select portal_reach()) = 'some'
                and (reporter_id = (select portal_administrator()) or organization_id in
                     (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator()))))));
create policy about_what_he_reaches on accounts_supportcase as restrictive for insert to portal_tenant
    with check (organization_id is null or coalesce((select portal_reach()), 'provider') = 'provider' or organization_id in
        (select a.organization_id from accounts_access a where a.administrator_id = (select portal_administrator())));

-- Whoever sees a case reads its conversation, and adds to it. (The policy of the cases holds inside this one, too.)
call portal_protect('accounts_supportmessage', 'msp', 'select, insert', 'select, insert');
alter policy tenant on accounts_supportmessage
    using (provider_id = (select portal_provider()) and exists (select from accounts_supportcase c where c.id = case_id))
    with check (provider_id = (select portal_provider()) and exists (select from accounts_supportcase c where c.id = case_id));

grant usage on sequence accounts_case_numbers to portal_tenant, portal_system;
