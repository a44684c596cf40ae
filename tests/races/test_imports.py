"""Imports of users on committed rows: of several rows beside those who come one by one, at full size, and with their worker killed in the
middle. One row beside every other way in: test_every_way_to_the_last_seat.py.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests import raw
from tests.cast import client
from tests.races.test_at_the_same_instant import until_someone_waits_for
from usage.actions.imports import confirm_import, start_import
from usage.actions.working_imports import work_imports
from usage.bounds import IMPORT_LEASE, MOST_IMPORTED_ROWS
from usage.models import StagedImport

ARRIVALS = 7
MOST_MEMORY = 400 * 2**20  # bytes
MANAGE = Path(__file__).parents[2] / "manage.py"
WORKER = """
from usage.tasks import work_imports
work_imports()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
numbers = count(1)


@pytest.fixture
def rounds(full):
    return 200 if full else 10


@pytest.fixture
def arrivals(committed):
    return [committed.connect("web", autocommit=True) for _ in range(ARRIVALS)]


@pytest.fixture
def worker(committed):
    """A process of its own that works on what waits and ends; it tells the most memory it had."""
    processes = []

    def start():
        environment = {**os.environ, **committed.environment, "PORTAL_LOGIN": "system", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, MANAGE, "shell", "--no-imports", "-c", WORKER]
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        with process:  # waits, and closes what it wrote to
            pass


def house(cast, **options):
    return client(cast.northwind.provider, f"House{next(numbers)} of Files", **options)


def sent(home, rows):
    """A file of so many users, waiting for its check."""
    names = (f"filed{next(numbers)}" for _ in range(rows))
    content = "user_name,email,first_name,last_name\n" + "".join(f"{name},{name}@x.example,Ada,Lovelace\n" for name in names)
    file = SimpleUploadedFile("users.csv", content.encode())
    return start_import(organization=home.organization, kind="user", file=file, by=home.administrator, at=timezone.now())


def confirmed(home, rows):
    """The same, checked and agreed to."""
    found = sent(home, rows)
    work_imports(timezone.now)
    return confirm_import(staged=found, by=home.administrator)


def race(committed, home, arrivals):
    """The worker and those who come one by one, at the same instant; how often each was answered what."""
    calls = [lambda: work_imports(timezone.now)]
    calls += [lambda c=c: raw.try_to_add(c, home.organization, f"racer{next(numbers)}") for c in arrivals]
    return Counter(committed.together(calls)[1:])


class TestAtAFullHouse:
    def test_a_file_takes_all_its_seats_or_none(self, cast, committed, arrivals, rounds):
        watcher, whole = committed.connect("system", autocommit=True), set()
        for _ in range(rounds):
            home = house(cast, users=1, user_cap=4)
            found = confirmed(home, 3)
            added = race(committed, home, arrivals)["added"]
            found.refresh_from_db()
            whole.add(found.state)
            assert (found.state, added) in {("done", 0), *(("ready", number) for number in (1, 2, 3))}
            assert raw.counted(watcher, home) == (1 + added + (3 if found.state == "done" else 0),) * 2
        assert whole <= {"done", "ready"}

    def test_two_workers_add_the_users_once(self, cast, committed):
        home = house(cast, users=0)
        found = confirmed(home, 50)
        assert sorted(committed.together([lambda: work_imports(timezone.now)] * 2)) == [0, 1]
        found.refresh_from_db()
        assert (found.state, home.seats.users) == ("done", 50)


class TestAWorkerThatIsKilled:
    def test_while_it_adds_leaves_nobody_and_the_row_says_so(self, cast, committed, worker, full):
        home, rows = house(cast, users=0), MOST_IMPORTED_ROWS if full else 20
        found = confirmed(home, rows)
        holder, watcher = committed.connect("system"), committed.connect("system", autocommit=True)
        holder.execute("select 1 from usage_seats where organization_id = %s for update", [home.pk])
        process = worker()
        until_someone_waits_for(holder.info.backend_pid, watcher, patience=120)  # its rows are inserted, and wait to be counted
        process.send_signal(signal.SIGKILL)
        process.wait()
        holder.rollback()
        # The database goes on with the statement, and finds at its end that nobody is there to take the answer.
        watcher.execute("select 1 from usage_stagedimport where id = %s for no key update", [found.pk])
        found.refresh_from_db()
        assert (found.state, raw.counted(watcher, home)) == ("importing", (0, 0))
        work_imports(lambda: timezone.now() + IMPORT_LEASE + timedelta(seconds=1))
        found.refresh_from_db()
        assert (found.state, found.refusal, found.rows.count()) == ("ready", {"code": "interrupted"}, rows)
        assert raw.counted(watcher, home) == (0, 0)

    def test_is_not_taken_for_dead_while_it_writes(self, cast, committed):
        found = confirmed(house(cast, users=0), 1)
        StagedImport.objects.filter(pk=found.pk).update(state="importing", lease_ends_at=timezone.now() - timedelta(hours=1))
        writer = committed.connect("system")
        writer.execute("select 1 from usage_stagedimport where id = %s for no key update", [found.pk])
        work_imports(timezone.now)
        found.refresh_from_db()
        assert found.state == "importing"
        writer.rollback()
        work_imports(timezone.now)
        found.refresh_from_db()
        assert found.state == "ready"


@pytest.mark.full
class TestAFileOfFullSize:
    def test_is_checked_and_added_with_progress_and_little_memory(self, cast, committed, worker):
        home = house(cast, users=0)
        found = sent(home, MOST_IMPORTED_ROWS)
        seen, memory = followed(worker(), found)
        found.refresh_from_db()
        assert (found.state, found.rows_read) == ("ready", MOST_IMPORTED_ROWS)
        assert seen == sorted(seen)
        assert len(set(seen)) > 5, seen
        confirm_import(staged=found, by=home.administrator)
        _, memory_to_add = followed(worker(), found)
        found.refresh_from_db()
        assert (found.state, home.seats.users) == ("done", MOST_IMPORTED_ROWS)
        assert max(memory, memory_to_add) < MOST_MEMORY

    def test_is_refused_whole_by_a_cap_ten_below_the_need(self, cast, committed):
        home = house(cast, users=0, user_cap=10_000)
        found = confirmed(home, 10_010)
        work_imports(timezone.now)
        found.refresh_from_db()
        assert (found.state, home.seats.users) == ("ready", 0)
        numbers_told = {"user_cap": 10_000, "users": 0, "wanted": 10_010}
        assert found.refusal == {"code": "user_cap_reached", "organization_id": home.pk, **numbers_told}


def followed(process, found):
    """What the row said while the process worked, and the most bytes it had."""
    seen = []
    while process.poll() is None:
        seen.append(StagedImport.objects.values_list("rows_read", flat=True).get(pk=found.pk))
    assert process.returncode == 0
    return seen, int(process.stdout.read()) * 1024
