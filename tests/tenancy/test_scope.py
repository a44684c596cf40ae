"""Entering a tenant: what holds inside, what is left behind afterwards, and who may not."""

import ast
import re
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import Organization, Person
from msp_portal.lib import tenancy
from tests import raw
from tests.services.databases import ROOT
from usage.models import User

SESSION_WIDE = re.compile(
    r"^\s*set\s+(session\s+)?(role|portal\.|search_path|session authorization)|set_config\([^)]*,\s*false\s*\)", re.IGNORECASE
)
SETTINGS = "select current_user, current_setting('portal.provider', true), current_setting('portal.reach', true)"


def settings():
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        role, provider, reach = cursor.fetchone()
    return role, provider or "", reach or ""


def names():
    return set(Organization.objects.values_list("name", flat=True))


class TestInside:
    @pytest.fixture(autouse=True, params=["rolled back", "committed"])
    def way(self, request):
        request.getfixturevalue("committed" if request.param == "committed" else "db")

    @pytest.fixture
    def cast(self, way):
        from tests.cast import both

        return both()

    def test_sees_its_own_rows_and_no_others(self, cast):
        with tenancy.scope(cast.northwind.pk):
            assert names() == {"Acme Dental", "Birch Legal"}
        with tenancy.scope(cast.bluefin.pk):
            assert names() == {"Quartz Foods", "Zephyr Travel"}

    @pytest.mark.parametrize("who", ["limited", "client's own"])
    def test_sees_as_far_as_the_administrator_reaches(self, cast, who):
        acme = cast.northwind.clients[0]
        administrator = cast.northwind.limited if who == "limited" else acme.administrator
        with tenancy.scope(cast.northwind.pk, administrator.reach):
            assert names() == {"Acme Dental"}
            assert set(User.objects.values_list("organization", flat=True)) == {acme.pk}

    def test_is_left_with_nothing_kept(self, cast):
        outside = settings()
        with tenancy.scope(cast.northwind.pk, cast.northwind.limited.reach):
            assert settings() == ("portal_tenant", cast.northwind.pk, "some")
        assert settings() == outside
        assert tenancy.current() is None

    def test_is_left_with_nothing_kept_by_an_error_either(self, cast):
        outside = settings()
        with pytest.raises(ZeroDivisionError), tenancy.scope(cast.northwind.pk):
            1 / 0  # noqa: B018
        assert settings() == outside

    def test_is_left_with_nothing_kept_by_a_database_error_either(self, cast):
        outside = settings()
        with pytest.raises(Exception, match="permission denied"), tenancy.scope(cast.northwind.pk):
            Person.objects.first()
        assert settings() == outside
        assert len(names()) == 4

    def test_no_other_scope_opens(self, cast):
        with tenancy.scope(cast.northwind.pk):
            with pytest.raises(tenancy.AlreadyInScope):
                tenancy.scope(cast.bluefin.pk).__enter__()
            assert names() == {"Acme Dental", "Birch Legal"}


class TestTheTrap:
    def test_of_a_savepoint_that_keeps_the_role_when_it_is_released(self, cast, committed):
        """Why `scope` asks for a durable transaction: set_config(…, true) ends with the transaction, not with the savepoint."""
        web = committed.connect("web", autocommit=True)
        with web.transaction():
            with web.transaction():
                web.execute(tenancy.ENTER, ["portal_tenant", cast.northwind.pk, "", "provider", ""])
            assert web.execute("select current_user").fetchone() == ("portal_tenant",)
        assert web.execute(SETTINGS).fetchone() == ("portal_web", "", "")

    def test_so_no_scope_opens_within_a_transaction(self, cast, committed):
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            tenancy.scope(cast.northwind.pk).__enter__()

    def test_of_a_session_wide_setting_is_set_by_nobody(self):
        """One stray SET leaks into the next request on the same connection."""
        assert {path for path in python_files() for text in strings_of(path) if SESSION_WIDE.search(text)} == set()

    @pytest.mark.parametrize(
        "text", ["SET ROLE portal_tenant", "set portal.provider = %s", "select set_config('role', %s, false)"]
    )
    def test_of_a_session_wide_setting_is_found_by_that_search(self, text):
        assert SESSION_WIDE.search(text)


class TestThePublicWebProcess:
    @pytest.fixture
    def web(self, committed):
        return committed.connect("web", autocommit=True)

    def test_sees_no_tenants_row_outside_a_scope(self, cast, web):
        for table in ("accounts_organization", "usage_user", "usage_seats", "accounts_administrator"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(f"select * from {table}")

    def test_sees_none_in_a_scope_that_names_nobody(self, cast, web):
        with raw.scope(web, ""):
            assert web.execute("select count(*) from usage_user").fetchone() == (0,)
        with raw.scope(web, cast.northwind.pk, reach=""):
            assert web.execute("select count(*) from usage_user").fetchone() == (0,)

    @pytest.mark.parametrize(
        "table", ["accounts_person", "django_session", "account_emailaddress", "mfa_authenticator", "accounts_signinattempts"]
    )
    def test_reads_no_identity_inside_a_scope(self, cast, web, table):
        with raw.scope(web, cast.northwind.pk), pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(f"select * from {table}")

    def test_cannot_become_anyone_but_a_tenant(self, web):
        for role in ("portal_system", "portal_owner", "portal_backup", "postgres"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute(f"set role {role}")

    def test_cannot_set_the_gates_clock(self, cast, web):
        acme = cast.northwind.clients[0]
        with raw.scope(web, cast.northwind.pk):
            web.execute("select set_config('portal.clock', '2020-01-01T00:00:00Z', true)")
            raw.add_user(web, acme.organization, "timetraveller")
            year = web.execute(
                "select extract(year from max(at)) from usage_seatevent where subject_name = 'timetraveller'"
            ).fetchone()
        assert year[0] > 2020

    def test_while_the_system_can_within_one_transaction(self, cast, committed):
        system = committed.connect("system", autocommit=True)
        year = "select extract(year from usage_now())::int"
        with system.transaction():
            system.execute("select set_config('portal.clock', '2020-01-01T00:00:00Z', true)")
            assert system.execute(year).fetchone() == (2020,)
        assert system.execute(year).fetchone()[0] > 2020

    def test_is_not_the_system(self, committed, monkeypatch):
        with orm_as("web", committed, monkeypatch), pytest.raises(tenancy.NotTheSystem):
            tenancy.system("a test").__enter__()

    def test_uses_one_connection_for_many_tenants_and_leaks_nothing(self, cast, web):
        for msp in cast.msps * 5:
            with raw.scope(web, msp.pk):
                seen = web.execute("select distinct provider_id from usage_user").fetchall()
            assert seen == [(msp.pk,)]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                web.execute("select 1 from usage_user")


@contextmanager
def orm_as(login, committed, monkeypatch):
    """The ORM as one of the real logins, for a while."""
    address = psycopg.conninfo.conninfo_to_dict(committed.url(login))
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "USER", address["user"])
        patch.setitem(connection.settings_dict, "PASSWORD", address["password"])
        yield
        connection.close()


def python_files():
    for package in ("msp_portal", "accounts", "usage", "billing"):
        yield from (ROOT / package).rglob("*.py")


def strings_of(path):
    tree = ast.parse(path.read_text())
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
