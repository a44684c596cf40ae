-- An invitation is of a user of its own organization. It goes with the user to another one, and is void once the user is gone, whatever the way.
call portal_bind_to_organization('usage_userinvitation');
alter table usage_userinvitation add constraint usage_userinvitation_same_user
    foreign key (organization_id, user_id) references usage_user (organization_id, id) on update cascade on delete set null (user_id);
alter table usage_userinvitation add constraint usage_userinvitation_same_inviter
    foreign key (provider_id, invited_by_id) references accounts_administrator (provider_id, id) on delete set null (invited_by_id);
call portal_protect('usage_userinvitation', 'organization', 'select, insert', 'select, insert, delete',
    '{email, token_digest, invited_by_id, invited_by_name, sent_at, sends, expires_at, accepted_at}');

-- Whose link is this? Asked before a tenant is known, and answered by ids alone: what the invitation says is read inside its tenant.
create function usage_invitation_by_token(digest bytea) returns table (provider_id text, invitation_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select i.provider_id, i.id from usage_userinvitation i where i.token_digest = digest
$$;
revoke execute on function usage_invitation_by_token from public;
grant execute on function usage_invitation_by_token to portal_web, portal_system;

-- What is kept of removed users: written once, taken away by who restores, and by the daily task.
call portal_bind_to_organization('usage_removeduser');
call portal_protect('usage_removeduser', 'organization', 'select, insert, delete', 'select, insert, delete');
