-- Operators alone have the say.
grant update (organization_creation_disallowed_at) on accounts_provider to portal_system;
