"""Support cases by raw SQL: who sees them, that what was written stays, and that whoever leaves takes nothing with him."""

import threading

import pytest
from django.utils import timezone

from accounts.actions import cases as actions
from accounts.models import SupportCase
from msp_portal.lib import tenancy
from tests import raw
from tests.cast import case as submitted

POLICY_VIOLATION, FOREIGN_KEY, NO_PRIVILEGE = "42501", "23503", "42501"
ADD_CASE = """
    insert into accounts_supportcase (provider_id, organization_id, reporter_id, subject, kind, product, severity, operating_system,
        description, reporter_name, reporter_email, status, submitted_at, changed_at)
    values (%s, %s, %s, 'Mine', 'Question', 'Provider Portal', 'Severity 3', '', 'Why?', 'M', 'm@x.example', 'New', now(), now())
"""
ADD_MESSAGE = """
    insert into accounts_supportmessage (provider_id, case_id, at, author, author_name, text, status)
    values (%s, %s, now(), 'administrator', 'M', 'Hello', 'New')
"""
TABLES = ["accounts_supportcase", "accounts_supportmessage"]


@pytest.fixture
def web(committed):
    return committed.connect("web", autocommit=True)


@pytest.fixture
def acme(cast):
    return cast.northwind.clients[0]


@pytest.fixture
def birch(cast):
    return cast.northwind.clients[1]


@pytest.fixture
def case(cast, birch):
    """A case of Northwind about its second client, in which someone said something."""
    made = submitted(cast.northwind.owner, "About Birch", organization=birch.organization)
    actions.reply_to_case(text="More.", case=made, by=cast.northwind.owner, at=timezone.now())
    return made


@pytest.fixture(params=["the foreign MSP", "the client's own administrator", "a manager limited to another client"])
def stranger(request, cast, birch):
    return {
        "the foreign MSP": cast.bluefin.owner,
        "the client's own administrator": birch.administrator,
        "a manager limited to another client": cast.northwind.limited,
    }[request.param]


def seen(connection, administrator, table):
    with raw.scope_of(connection, administrator):
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


def refusal(connection, administrator, statement, values):
    def run():
        with raw.scope_of(connection, administrator):
            connection.execute(statement, values)

    return raw.sqlstate_of(run)


class TestACase:
    @pytest.mark.parametrize("table", TABLES)
    def test_is_seen_by_no_stranger(self, web, case, stranger, table):
        assert seen(web, stranger, table) == 0

    @pytest.mark.parametrize("table", TABLES)
    def test_is_seen_by_the_msp(self, web, case, cast, table):
        """The control."""
        assert seen(web, cast.northwind.owner, table) == 1

    def test_is_seen_by_a_limited_administrator_who_submitted_it(self, web, cast):
        made = submitted(cast.northwind.limited, "My own")
        actions.reply_to_case(text="More.", case=made, by=cast.northwind.limited, at=timezone.now())
        assert [seen(web, cast.northwind.limited, table) for table in TABLES] == [1, 1]

    def test_is_answered_by_no_stranger(self, web, case, stranger):
        for provider_id in {case.provider_id, stranger.provider_id}:
            answered = refusal(web, stranger, ADD_MESSAGE, [provider_id, case.pk])
            assert answered in {POLICY_VIOLATION, FOREIGN_KEY}

    def test_is_answered_by_the_msp(self, web, case, cast):
        """The control."""
        assert refusal(web, cast.northwind.owner, ADD_MESSAGE, [case.provider_id, case.pk]) is None

    def test_is_about_an_organization_that_its_reporter_reaches(self, web, cast, acme, birch):
        limited = cast.northwind.limited
        mine = [cast.northwind.pk, acme.pk, limited.pk]
        assert refusal(web, limited, ADD_CASE, [cast.northwind.pk, birch.pk, limited.pk]) == POLICY_VIOLATION
        assert refusal(web, limited, ADD_CASE, mine) is None
        assert refusal(web, acme.administrator, ADD_CASE, mine) == POLICY_VIOLATION, "cases are the MSP's"

    def test_names_nothing_of_another_provider(self, web, cast, birch):
        bluefin = cast.bluefin
        assert refusal(web, bluefin.owner, ADD_CASE, [bluefin.pk, birch.pk, bluefin.owner.pk]) == FOREIGN_KEY
        assert refusal(web, bluefin.owner, ADD_CASE, [bluefin.pk, None, cast.northwind.owner.pk]) == FOREIGN_KEY
        assert refusal(web, bluefin.owner, ADD_CASE, [bluefin.pk, None, bluefin.owner.pk]) is None

    @pytest.mark.parametrize(
        "statement",
        [
            "update accounts_supportmessage set text = 'I never said that'",
            "delete from accounts_supportmessage",
            "update accounts_supportcase set description = 'I never said that'",
            "update accounts_supportcase set reporter_id = null",
            "delete from accounts_supportcase",
        ],
    )
    @pytest.mark.parametrize("login", ["web", "system"])
    def test_keeps_what_was_written(self, committed, cast, case, statement, login):
        connection = committed.connect(login, autocommit=True)
        if login == "web":
            assert refusal(connection, cast.northwind.owner, statement, []) == NO_PRIVILEGE
        else:
            assert raw.sqlstate_of(lambda: connection.execute(statement)) == NO_PRIVILEGE

    def test_stays_when_its_reporter_is_removed(self, web, cast, case):
        manager = cast.northwind.limited
        own = submitted(manager, "Before I go")
        with raw.scope_of(web, cast.northwind.owner):
            web.execute("delete from accounts_access where administrator_id = %s", [manager.pk])
            web.execute("delete from accounts_administrator where id = %s", [manager.pk])
        own.refresh_from_db()
        assert (own.reporter_id, own.reporter_name) == (None, manager.name)


class TestTwoWhoCloseACaseAtOnce:
    def close(self, owner, case):
        with tenancy.scope(owner.provider_id):
            return actions.close_case(case=case, by=owner, at=timezone.now())

    def race(self, committed, owner, case):
        return [type(one) for one in committed.together([lambda: self.close(owner, case)] * 2)]

    def test_close_it_once(self, committed, cast, case):
        outcomes = self.race(committed, cast.northwind.owner, case)
        assert sorted(outcomes, key=str) == sorted([SupportCase, actions.CaseIsClosed], key=str)
        assert case.messages.filter(status="Closed").count() == 1

    def test_close_it_twice_without_the_lock(self, committed, cast, case, monkeypatch):
        """The control: both have read before either writes."""
        both_have_read = threading.Barrier(2)

        def read(case):
            row = SupportCase.objects.get(pk=case.pk)
            both_have_read.wait(30)
            return row

        monkeypatch.setattr(actions, "_lock", read)
        assert self.race(committed, cast.northwind.owner, case) == [SupportCase, SupportCase]
        assert case.messages.filter(status="Closed").count() == 2
