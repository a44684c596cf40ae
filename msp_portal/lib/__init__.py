"""Tools that know no app of ours: identifiers, tenancy, policies, outbox, money, months, pages, tables, CSV."""
