-- What was told of a key is noted where it was told: in its provider's scope. How often it may ask is for operators alone to change.
grant update (expiry_told_days, alerted_at) on accounts_apikey to portal_tenant, portal_system;
grant update (requests_per_minute) on accounts_apikey to portal_system;
