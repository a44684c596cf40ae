"""Who: persons, providers, organizations, administrators and what they may do, keys, the audit log."""
