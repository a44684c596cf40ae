"""What the other tests rely on: isolation of the databases, and logins as in production."""

import socket

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import Person


@pytest.fixture
def who():
    def ask(connection):
        return connection.execute("select session_user, current_user, current_database()").fetchone()

    return ask


def make_person(email):
    return Person.objects.create(email=email)


class TestARollbackTest:
    pytestmark = pytest.mark.django_db

    @pytest.mark.parametrize("again", [1, 2])
    def test_starts_empty_each_time(self, again):
        assert not Person.objects.exists()
        make_person("ada@northwind.example")

    def test_sees_as_the_system_and_may_become_a_tenant(self):
        with connection.cursor() as cursor:
            cursor.execute("select session_user, pg_has_role('portal_system', 'usage')")
            assert cursor.fetchone() == ("portal_test", True)
            cursor.execute("set local role portal_tenant")
            cursor.execute("select pg_has_role('portal_system', 'usage')")
            assert cursor.fetchone() == (False,)


class TestACommittedTest:
    @pytest.mark.parametrize("again", [1, 2])
    def test_starts_empty_and_really_commits(self, committed, again):
        assert not Person.objects.exists()
        make_person("ada@northwind.example")
        count = committed.connect("system").execute("select count(*) from accounts_person").fetchone()
        assert count == (1,)

    def test_logs_in_as_the_real_roles(self, committed, who):
        for login in ("web", "system", "owner"):
            assert who(committed.connect(login)) == (f"portal_{login}", f"portal_{login}", committed.name)

    def test_leaves_the_rollback_database_alone(self, django_db_setup, committed, run):
        make_person("ada@northwind.example")
        with psycopg.connect(run.test_url(committed.name.removesuffix("_committed"))) as rollback:
            assert rollback.execute("select count(*) from accounts_person").fetchone() == (0,)

    def test_lets_calls_happen_together(self, committed):
        def insert():
            with transaction.atomic():
                make_person("ada@northwind.example")
            return "made"

        outcomes = committed.together([insert] * 4)
        assert outcomes.count("made") == 1
        assert {type(outcome).__name__ for outcome in outcomes if outcome != "made"} == {"IntegrityError"}


def test_a_socket_beyond_loopback_is_refused():
    with socket.socket() as wire, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        wire.connect(("192.0.2.1", 80))
