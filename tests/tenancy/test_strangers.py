"""A stranger by raw SQL: what the wall says to the foreign MSP, and to the other client of the same MSP."""

import psycopg
import pytest

from tests import raw

READ = "select count(*) from {table} where organization_id = %s"
TABLES = ["usage_user", "usage_device", "usage_seats", "usage_seatevent", "usage_closedmonth", "accounts_administrator"]
POLICY_VIOLATION, FOREIGN_KEY, NO_PRIVILEGE = "42501", "23503", "42501"


@pytest.fixture
def web(committed):
    return committed.connect("web", autocommit=True)


@pytest.fixture
def owner(committed):
    return committed.connect("owner", autocommit=True)


@pytest.fixture(params=["the foreign MSP", "the other client of the same MSP", "a manager limited to the other client"])
def stranger(request, cast):
    """An administrator who has no business at Birch Legal, Northwind's second client."""
    return {
        "the foreign MSP": cast.bluefin.owner,
        "the other client of the same MSP": cast.northwind.clients[0].administrator,
        "a manager limited to the other client": cast.northwind.limited,
    }[request.param]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


def changed(connection, administrator, statement, values):
    with raw.scope_of(connection, administrator):
        return connection.execute(statement, values).rowcount


def refusal(connection, administrator, statement, values):
    return raw.sqlstate_of(lambda: changed(connection, administrator, statement, values))


class TestAStranger:
    @pytest.mark.parametrize("table", TABLES)
    def test_sees_nothing(self, web, birch, stranger, table):
        with raw.scope_of(web, stranger):
            assert web.execute(READ.format(table=table), [birch.pk]).fetchone() == (0,)

    def test_while_the_msp_and_the_clients_own_see_it(self, web, birch, cast):
        """The control."""
        for administrator in (cast.northwind.owner, birch.administrator):
            with raw.scope_of(web, administrator):
                assert web.execute(READ.format(table="usage_user"), [birch.pk]).fetchone() == (1,)

    def test_changes_nothing(self, web, birch, stranger):
        assert changed(web, stranger, "update usage_user set first_name = 'Mallory' where id = %s", [birch.user.pk]) == 0
        assert changed(web, stranger, "update usage_seats set user_cap = 1 where organization_id = %s", [birch.pk]) == 0
        assert changed(web, stranger, "update accounts_organization set name = 'Mine' where id = %s", [birch.pk]) == 0

    def test_removes_nothing(self, web, birch, stranger):
        assert changed(web, stranger, "delete from usage_user where id = %s", [birch.user.pk]) == 0

    def test_adds_nothing(self, web, birch, stranger):
        values = [birch.organization.provider_id, birch.pk, "mallory", "m@x.example"]
        assert refusal(web, stranger, raw.ADD, values) == POLICY_VIOLATION
        assert birch.seats.users == 1

    def test_moves_nobody_in_or_out(self, web, birch, stranger, cast):
        home = cast.bluefin.clients[0] if stranger.provider_id == cast.bluefin.pk else cast.northwind.clients[0]
        assert changed_by_move(web, stranger, birch.user, home) == 0
        assert raw.sqlstate_of(lambda: changed_by_move(web, stranger, home.user, birch)) == FOREIGN_KEY

    def test_learns_no_name_by_searching(self, web, birch, stranger):
        with raw.scope_of(web, stranger):
            found = web.execute(
                "select u.id from usage_search_users(%s, 'birch') f (id) join usage_user u on u.id = f.id",
                [birch.organization.provider_id],
            ).fetchall()
        assert found == []


class TestARowThatNamesOnesOwnProviderAndAnothersOrganization:
    def test_is_refused(self, web, birch, cast):
        values = [cast.bluefin.pk, birch.pk, "mallory", "m@x.example"]
        assert refusal(web, cast.bluefin.owner, raw.ADD, values) == FOREIGN_KEY
        assert birch.seats.users == 1

    def test_passes_the_policy_and_moves_the_strangers_count_without_the_two_that_refuse_it(self, web, owner, birch, cast):
        """The control: neither the foreign key nor the gate's matching of both columns."""
        owner.execute("alter table usage_user drop constraint usage_user_same_tenant")
        values = [cast.bluefin.pk, birch.pk, "mallory", "m@x.example"]
        assert refusal(web, cast.bluefin.owner, raw.ADD, values) == FOREIGN_KEY, "the gate alone refuses it too"
        owner.execute("alter table usage_user disable trigger usage_seat_taken")
        assert refusal(web, cast.bluefin.owner, raw.ADD, values) is None

    @pytest.mark.parametrize("table", ["usage_device", "accounts_access"])
    def test_is_refused_everywhere(self, web, birch, cast, table):
        insert = {
            "usage_device": "insert into usage_device (provider_id, organization_id, name, operating_system, serial_number) values (%s, %s, 'pc', '', '')",
            "accounts_access": "insert into accounts_access (provider_id, organization_id, administrator_id) values (%s, %s, %s)",
        }[table]
        values = [cast.bluefin.pk, birch.pk, *([cast.bluefin.limited.pk] if table == "accounts_access" else [])]
        assert refusal(web, cast.bluefin.owner, insert, values) == FOREIGN_KEY


class TestAnAdministratorOfAClient:
    """He is inside the wall of his MSP, and still no part of it."""

    @pytest.fixture
    def acme(self, cast):
        return cast.northwind.clients[0]

    def test_does_not_lift_his_own_cap(self, web, acme):
        acme.cap(1)
        lift = "update usage_seats set user_cap = null where organization_id = %s"
        assert refusal(web, acme.administrator, lift, [acme.pk]) == POLICY_VIOLATION
        assert acme.seats.user_cap == 1

    def test_changes_nothing_of_his_msp(self, web, acme, cast):
        rename = "update accounts_provider set contact_email = 'me@acme.example' where id = %s"
        assert refusal(web, acme.administrator, rename, [cast.northwind.pk]) == POLICY_VIOLATION

    def test_neither_closes_nor_opens_an_organization(self, web, acme, cast):
        close = "update accounts_organization set closed_at = now() where id = %s"
        acme.user.delete()
        assert refusal(web, acme.administrator, close, [acme.pk]) == POLICY_VIOLATION
        add = "insert into accounts_organization (provider_id, name, external_id, contact_name, contact_email) values (%s, 'Mine', '', '', '')"
        assert refusal(web, acme.administrator, add, [cast.northwind.pk]) == POLICY_VIOLATION

    def test_sees_no_key_no_invoice_and_no_licence(self, web, acme):
        for table in ("accounts_apikey", "usage_licensing", "usage_licensetotal", "billing_invoice", "billing_contract"):
            with raw.scope_of(web, acme.administrator):
                assert web.execute(f"select count(*) from {table}").fetchone() == (0,)

    def test_gives_himself_no_further_reach(self, web, acme, cast):
        birch = cast.northwind.clients[1]
        widen = "insert into accounts_access (provider_id, organization_id, administrator_id) values (%s, %s, %s)"
        assert refusal(web, acme.administrator, widen, [cast.northwind.pk, birch.pk, acme.administrator.pk]) == POLICY_VIOLATION
        assert (
            changed(
                web, acme.administrator, "delete from accounts_access where administrator_id = %s", [cast.northwind.limited.pk]
            )
            == 0
        )


class TestHolesThatStoodOpen:
    def test_a_mover_who_reaches_nothing_moves_nobody(self, web, birch, cast):
        """array_agg over no rows is NULL, and NULL stood for the system, which reaches all."""
        coral = cast.bluefin.clients[0]

        def move():
            with raw.scope(web, cast.northwind.pk, reach="some", administrator="0" * 24):
                web.execute("select usage_move_users(%s, %s)", [[birch.user.pk], coral.pk])

        assert raw.sqlstate_of(move) == FOREIGN_KEY
        assert (birch.seats.users, coral.seats.users) == (1, 1)

    def test_a_callers_own_table_is_not_counted_in(self, committed, cast):
        """A login that may make temporary tables shadowed the counters, and the gate counted there."""
        acme = cast.northwind.clients[0]
        acme.cap(1)
        with committed.connect("admin", autocommit=True) as admin:
            admin.execute(f"grant temporary on database {committed.name} to portal_web")
        web = committed.connect("web", autocommit=True)
        web.execute(
            "create temporary table usage_seats as select %s::text as organization_id, 0 as users, null::int as user_cap",
            [acme.pk],
        )
        web.execute("grant all on usage_seats to public")
        assert raw.try_to_add(web, acme.organization, "shadow") == raw.CAP_REACHED

    def test_nobody_hangs_the_gates_functions_on_a_table_of_his_own(self, committed):
        with committed.connect("admin", autocommit=True) as admin:
            admin.execute(f"grant temporary on database {committed.name} to portal_web")
        web = committed.connect("web", autocommit=True)
        web.execute("create temporary table mine (id text, name text, provider_id text, organization_id text)")
        hang = "create trigger t after delete on mine referencing old table as removed for each statement execute function usage_after_delete('user')"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(hang)

    def test_a_search_function_answers_for_the_scopes_tenant_only(self, web, cast):
        with raw.scope_of(web, cast.bluefin.owner):
            assert web.execute("select usage_search_users(%s, 'acme')", [cast.northwind.pk]).fetchall() == []
            assert web.execute("select accounts_search_organizations(%s, 'acme')", [cast.northwind.pk]).fetchall() == []
        with raw.scope_of(web, cast.northwind.owner):
            assert len(web.execute("select usage_search_users(%s, 'acme')", [cast.northwind.pk]).fetchall()) == 1


def changed_by_move(connection, administrator, user, target):
    with raw.scope_of(connection, administrator):
        return connection.execute("select usage_move_users(%s, %s)", [[user.pk], target.pk]).fetchone()[0]
