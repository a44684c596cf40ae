-- Global by name (accounts/identity.py): tenants see what they will be charged, operators keep it.
grant select on billing_taxrate to portal_tenant;
grant select, insert, update on billing_taxrate to portal_system;
