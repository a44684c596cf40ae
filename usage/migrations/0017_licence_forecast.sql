-- Billing copies the new column down with the others (docs/decisions/0026).
grant update (billed_from) on usage_licensing to portal_system;
