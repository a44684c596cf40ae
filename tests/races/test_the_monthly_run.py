"""The monthly run on committed rows: doubled, killed in the middle, and with an import open over the turn of the month."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing.actions.monthly_run import Left, run_billing
from billing.models import BilledMonth, Invoice
from tests.billing.books import sign
from tests.billing.runs import ON_TIME, first, issued, msp, peaks
from tests.services import cluster, databases
from tests.usage.history import utc

APRIL, MARCH = first(4), first(3)
WAITS_FOR = "select %s = any(pg_blocking_pids(pid)) from pg_stat_activity where usename = 'portal_system' and state = 'active'"
IMPORT = """
    insert into usage_user (provider_id, organization_id, user_name, email, first_name, last_name, state)
    select %s, %s, 'late' || n, 'late' || n || '@x.example', '', '', 'active' from generate_series(1, %s) n
"""
OPEN_ORGANIZATION = "insert into accounts_organization (provider_id, name, external_id, contact_name, contact_email) values (%s, 'Late', '', '', '') returning id"


def numbers_have_no_gap():
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    return [int(number.rpartition("-")[2]) for number in numbers] == list(range(1, len(numbers) + 1))


def commit(*makes):
    with transaction.atomic():
        return [make() for make in makes]


@pytest.fixture
def many(committed):
    """Four providers that peaked with 17 in March over a commitment of 14 that began in April, or over none."""

    def one(number):
        provider = msp(f"MSP {number}")
        peaks(provider, 8, 5, 4)
        sign(provider, committed=14 if number % 2 else None, valid_from=MARCH)
        return provider

    return commit(*(lambda number=number: one(number) for number in range(4)))


class TestTwoRunsAtOnce:
    def test_issue_the_same_invoices_once(self, committed, many):
        outcomes = committed.together([lambda: run_billing(at=ON_TIME)] * 4)
        assert all(isinstance(turns, list) for turns in outcomes), outcomes
        run_billing(at=ON_TIME)
        for number, provider in enumerate(many):
            assert [row[:3] for row in issued(provider)] == (
                [("monthly", MARCH, 140), ("monthly", APRIL, 140), ("overage", MARCH, 37.5)]
                if number % 2
                else [("monthly", MARCH, 170)]
            )
        assert numbers_have_no_gap()

    def test_tell_of_each_invoice_once(self, committed, many):
        outcomes = committed.together([lambda: run_billing(at=ON_TIME)] * 4)
        told = [invoice.number for turns in outcomes for turn in turns for invoice in turn.invoices]
        assert len(told) == len(set(told)) == Invoice.objects.count()


class TestARunThatIsKilled:
    @pytest.fixture
    def providers(self, committed):
        """Two that committed to 14 from last month on; the first comes first in the run."""
        now = timezone.now()
        begins = (now.replace(day=1) - timedelta(days=1)).date().replace(day=1)

        def one(name):
            provider = msp(name, came_at=now - timedelta(days=70))
            sign(provider, committed=14, valid_from=begins)
            return provider

        return commit(lambda: one("First"), lambda: one("Second"))

    def command(self, run, committed):
        return subprocess.Popen(
            [sys.executable, str(databases.ROOT / "manage.py"), "bill_months"],
            env={**databases.without_portal_settings(), **run.environment_for(committed.name, cluster.worker_number())},
            cwd=databases.ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def test_between_providers_and_inside_a_transaction_is_made_up_for_by_the_next(self, run, committed, providers):
        """Someone who notes the second provider's first month, and does not commit, holds the run up at its last statement."""
        done, halted = providers
        begins = halted.contracts.get().valid_from
        holder = committed.connect("system")
        holder.execute("insert into billing_billedmonth (provider_id, month, invoices) values (%s, %s, 0)", [halted.pk, begins])
        watcher = committed.connect("system", autocommit=True)
        process = self.command(run, committed)
        while not any(waits for (waits,) in watcher.execute(WAITS_FOR, [holder.info.backend_pid]).fetchall()):
            assert process.poll() is None, "the run ended before it came to the row that is held"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        holder.rollback()
        assert (len(issued(done)), issued(halted)) == (2, [])
        run_billing(at=timezone.now())
        assert [row[:3] for row in issued(halted)] == [row[:3] for row in issued(done)]
        assert (len(issued(done)), BilledMonth.objects.count()) == (2, 4)
        assert numbers_have_no_gap()


class TestAnImportOpenOverTheTurn:
    @pytest.fixture
    def house(self, committed):
        """A provider without a commitment, and its client of one user."""

        def make():
            provider = msp()
            sign(provider, valid_from=MARCH)
            return provider, peaks(provider, 1)[0]

        return commit(make)[0]

    @pytest.fixture
    def importer(self, committed):
        """A transaction in which it is a minute before midnight."""
        connection = committed.connect("system")
        connection.execute("select set_config('portal.clock', %s, true)", [utc(2026, 3, 31, 23, 59).isoformat()])
        return connection

    def test_is_waited_for_and_its_users_are_billed(self, house, importer):
        provider, client = house
        importer.execute(IMPORT, [provider.pk, client.pk, 9])
        left = run_billing(at=ON_TIME)[-1]
        assert (left.month, left.left, issued()) == (APRIL, Left.NOT_CLOSED, [])
        importer.commit()
        run_billing(at=ON_TIME)
        assert issued() == [("monthly", MARCH, 100, APRIL)]

    def test_that_failed_leaves_no_trace(self, house, importer):
        provider, client = house
        importer.execute(IMPORT, [provider.pk, client.pk, 9])
        run_billing(at=ON_TIME)
        importer.rollback()
        run_billing(at=ON_TIME)
        assert issued() == [("monthly", MARCH, 10, APRIL)]

    def test_into_an_organization_that_nobody_sees_yet_is_waited_for_too(self, house, importer):
        provider, _client = house
        (late,) = importer.execute(OPEN_ORGANIZATION, [provider.pk]).fetchone()
        importer.execute(IMPORT, [provider.pk, late, 9])
        left = run_billing(at=ON_TIME)[-1]
        assert (left.left, issued()) == (Left.BUSY, [])
        importer.commit()
        run_billing(at=ON_TIME)
        assert issued() == [("monthly", MARCH, 100, APRIL)]
