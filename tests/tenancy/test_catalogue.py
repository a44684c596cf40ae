"""The wall as the database's own catalogue describes it: a walk over every table, view, function and role, so that nothing is forgotten."""

import pytest
from django.apps import apps
from django.db import connection

from accounts.identity import GLOBAL_TABLES, IDENTITY_TABLES
from msp_portal.lib import walls

pytestmark = pytest.mark.django_db

OUTSIDE = IDENTITY_TABLES | GLOBAL_TABLES
RUNTIME_ROLES = ("portal_web", "portal_tenant", "portal_system")
OURS = "n.nspname = 'public' and not exists (select from pg_depend d where d.objid = x.oid and d.deptype = 'e')"

# Functions that run as the owner, and who may call them. A trigger function is called by nobody.
DEFINERS = {
    "accounts_key_by_lookup": {"portal_system", "portal_web"},
    "accounts_places_of": {"portal_system", "portal_web"},
    "accounts_search_organizations": {"portal_system", "portal_tenant"},
    "accounts_second_factors": {"portal_system", "portal_tenant"},
    "usage_invitation_by_token": {"portal_system", "portal_web"},
    "usage_announce": {"portal_system", "portal_tenant"},
    "usage_ledger_settled": {"portal_system", "portal_tenant"},
    "usage_listens": {"portal_system", "portal_tenant"},
    "usage_move_users": {"portal_system", "portal_tenant"},
    "usage_roll_months": {"portal_system"},
    "usage_search_devices": {"portal_system", "portal_tenant"},
    "usage_search_users": {"portal_system", "portal_tenant"},
}
# What only the gate writes, and what each runtime role may change of it all the same.
KEPT_BY_THE_GATE = {
    "usage_seats": {"user_cap"},
    "usage_seatevent": set(),
    "usage_closedmonth": set(),
    "usage_billingmonth": set(),
}


def rows(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def column(statement, values=()):
    return [first for first, *_ in rows(statement, values)]


def tables():
    return column("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')")


def tenant_tables():
    return sorted(set(tables()) - OUTSIDE)


class TestEveryTable:
    def test_is_listed_or_behind_the_wall(self):
        open_tables = column(walls.OPEN_TABLES, [sorted(OUTSIDE)])
        assert open_tables == []
        assert len(tenant_tables()) > 15

    def test_listed_as_outside_exists(self):
        assert OUTSIDE - set(tables()) <= {"account_emailconfirmation"}

    def test_outside_the_wall_holds_no_tenants_column(self):
        named = column(
            "select table_name from information_schema.columns where column_name = 'provider_id' and table_schema = 'public'"
        )
        assert set(named) & OUTSIDE == set()

    def test_lets_its_owner_see_all_rows(self):
        """FORCE ROW LEVEL SECURITY would show the gate, which runs as the owner, no rows at all."""
        assert column("select relname from pg_class where relforcerowsecurity") == []

    def test_of_an_organization_is_bound_to_one_of_its_own_provider(self):
        bound = rows("""
            select c.conrelid::regclass::text from pg_constraint c
            where c.contype = 'f' and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
                                       where a.attrelid = c.conrelid and a.attnum = any (c.conkey)) = '{organization_id,provider_id}'
        """)
        with_both = column("""
            select table_name from information_schema.columns where table_schema = 'public' and column_name = 'organization_id'
            intersect
            select table_name from information_schema.columns where table_schema = 'public' and column_name = 'provider_id'
        """)
        assert set(with_both) == {table for (table,) in bound}

    def test_compares_the_tenant_once_a_statement(self):
        """A bare function call in a policy runs for every row: three to nine times slower."""
        bare = rows("""
            select polrelid::regclass::text, polname from pg_policy,
                   lateral (select coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '')) e (text)
            where regexp_replace(e.text, 'SELECT portal_(provider|reach|administrator)\\(\\)', '', 'g') ~ 'portal_\\w+\\('
        """)
        assert bare == []

    def test_has_no_second_index_for_patterns(self):
        """Django adds a `_like` index to every text key; it is never used here and costs every insert."""
        assert (
            column(
                """
            select i.indexrelid::regclass::text from pg_index i join pg_opclass o on o.oid = any (i.indclass)
            join pg_class c on c.oid = i.indrelid
            where o.opcname in ('text_pattern_ops', 'varchar_pattern_ops') and c.relname <> all (%s)
        """,
                [sorted(OUTSIDE)],
            )
            == []
        )

    def test_of_a_model_exists(self):
        assert {model._meta.db_table for model in apps.get_models() if model._meta.managed} <= set(tables())


class TestEveryFunction:
    def test_that_runs_as_the_owner_looks_in_no_temporary_table_first(self):
        """Without `pg_temp` at its end a search path begins with it: a caller's own `usage_seats` would be counted in."""
        careless = column(f"""
            select x.proname from pg_proc x join pg_namespace n on n.oid = x.pronamespace
            where x.prosecdef and {OURS} and not coalesce('search_path=pg_catalog, public, pg_temp' = any (x.proconfig), false)
        """)
        assert careless == []

    def test_that_runs_as_the_owner_may_be_called_by_the_few_that_need_it(self):
        callers = dict(
            rows(f"""
            select x.proname::text, array_agg(coalesce(r.rolname, 'everyone')::text) filter (where a.grantee <> x.proowner)
            from pg_proc x join pg_namespace n on n.oid = x.pronamespace
            cross join lateral aclexplode(coalesce(x.proacl, acldefault('f', x.proowner))) a left join pg_roles r on r.oid = a.grantee
            where x.prosecdef and {OURS} group by x.proname
        """)
        )
        assert {name: set(who) for name, who in callers.items() if who} == DEFINERS

    def test_of_the_gate_may_be_called_by_the_gate_alone(self):
        gate = ["usage_step", "usage_steps", "usage_refuse_growth", "usage_roll", "usage_month_at", "usage_before_ledger"]
        allowed = rows(
            "select p.proname, r.rolname from pg_proc p cross join pg_roles r "
            "where p.proname = any (%s) and r.rolname = any (%s) and has_function_privilege(r.oid, p.oid, 'execute')",
            [gate, list(RUNTIME_ROLES)],
        )
        assert allowed == []


class TestTheRuntimeRoles:
    def test_are_weak(self):
        strong = rows(
            "select rolname from pg_roles where rolname = any (%s) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)",
            [list(RUNTIME_ROLES)],
        )
        assert strong == []

    def test_own_nothing(self):
        assert (
            rows(
                "select relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any (%s)",
                [list(RUNTIME_ROLES)],
            )
            == []
        )
        assert (
            rows(
                "select proname from pg_proc p join pg_roles r on r.oid = p.proowner where r.rolname = any (%s)",
                [list(RUNTIME_ROLES)],
            )
            == []
        )

    def test_make_nothing_not_even_a_temporary_table(self):
        can = rows(
            "select r.rolname, p.name from pg_roles r cross join (values ('create'), ('temporary')) p (name) "
            "where r.rolname = any (%s) and (has_database_privilege(r.oid, current_database(), p.name) "
            "or has_schema_privilege(r.oid, 'public', 'create'))",
            [list(RUNTIME_ROLES)],
        )
        assert can == []

    def test_empty_no_table_and_hang_nothing_on_one(self):
        can = rows(
            "select r.rolname, c.relname, p.name from pg_roles r cross join pg_class c "
            "cross join (values ('truncate'), ('references'), ('trigger')) p (name) "
            "where r.rolname = any (%s) and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') "
            "and has_table_privilege(r.oid, c.oid, p.name)",
            [list(RUNTIME_ROLES)],
        )
        assert can == []

    def test_become_the_tenant_and_nobody_else(self):
        become = rows(
            "select m.rolname, r.rolname from pg_auth_members g join pg_roles m on m.oid = g.member join pg_roles r on r.oid = g.roleid "
            "where m.rolname = any (%s)",
            [list(RUNTIME_ROLES)],
        )
        assert sorted(become) == [("portal_system", "portal_tenant"), ("portal_web", "portal_tenant")]
        assert rows("select rolname from pg_roles where rolname in ('portal_web', 'portal_system') and rolinherit") == []

    def test_never_change_whose_row_it_is(self):
        can = rows(
            "select r.rolname, a.attrelid::regclass::text, a.attname from pg_attribute a cross join pg_roles r "
            "where r.rolname = any (%s) and a.attname in ('id', 'provider_id', 'organization_id') "
            "and a.attrelid::regclass::text = any (%s) and has_column_privilege(r.oid, a.attrelid, a.attnum, 'update')",
            [list(RUNTIME_ROLES), [table for table in tenant_tables() if table != "portal_outboxmessage"]],
        )
        assert can == []

    @pytest.mark.parametrize("table", KEPT_BY_THE_GATE)
    def test_write_of_the_gates_tables_only_the_cap(self, table):
        writable = column(
            "select distinct a.attname from pg_attribute a cross join pg_roles r where r.rolname = any (%s) and a.attrelid = %s::regclass "
            "and a.attnum > 0 and (has_column_privilege(r.oid, a.attrelid, a.attnum, 'update') "
            "or has_column_privilege(r.oid, a.attrelid, a.attnum, 'insert') or has_table_privilege(r.oid, a.attrelid, 'delete'))",
            [list(RUNTIME_ROLES), table],
        )
        assert set(writable) == KEPT_BY_THE_GATE[table]

    @pytest.mark.parametrize(("role", "more"), [("portal_tenant", set()), ("portal_system", {"requests_per_minute"})])
    def test_never_change_what_a_key_may_do_and_only_operators_how_often(self, role, more):
        changeable = column(
            "select attname from pg_attribute where attrelid = 'accounts_apikey'::regclass and attnum > 0 "
            "and has_column_privilege(%s, attrelid, attnum, 'update')",
            [role],
        )
        what_it_may = {"role", "networks", "requests_per_minute", "lookup", "created_at", "created_by_name"}
        assert set(changeable) & what_it_may == more
        assert {"revoked_at", "last_used_at", "expiry_told_days", "alerted_at"} <= set(changeable)

    def test_read_no_identity_inside_a_tenant(self):
        can = rows(
            "select c.relname from pg_class c where c.relname = any (%s) and (has_table_privilege('portal_tenant', c.oid, 'select') "
            "or has_any_column_privilege('portal_tenant', c.oid, 'select'))",
            [sorted(IDENTITY_TABLES)],
        )
        assert can == []

    def test_of_the_web_read_no_tenants_table_outside_a_scope(self):
        can = rows(
            "select c.relname from pg_class c where c.relname = any (%s) and has_any_column_privilege('portal_web', c.oid, 'select')",
            [tenant_tables()],
        )
        assert can == []
