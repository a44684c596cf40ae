-- Only the worker tells.
grant update (expiry_told_at) on billing_paymentmethod to portal_system;
