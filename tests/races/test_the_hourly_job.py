"""The hourly job on committed rows, after a standstill of thirty hours: two at once, and one whose process is killed in the middle."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.races.test_at_the_same_instant import until_someone_waits_for
from tests.services import databases
from tests.usage.history import add_devices, change, clock, new_organization, new_provider, run_hourly_job
from usage.actions.licence_totals import recompute, slot_of
from usage.actions.rises import work_out_rises
from usage.models import LicenseTotal

MISSED = 30
HOUR = timedelta(hours=1)
# What a plain count of the ledger says of each slot: what had happened by its counting.
RECOUNT = """
    select t.provider_id, t.slot,
           (select coalesce(sum(e.delta), 0) from usage_seatevent e
            where e.provider_id = t.provider_id and e.kind = 'user' and e.at <= t.counted_at),
           (select coalesce(sum(e.delta), 0) from usage_seatevent e
            where e.provider_id = t.provider_id and e.kind = 'device' and e.at <= t.counted_at)
    from usage_licensetotal t
"""


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def providers(committed, now):
    """Two whose users came and went in every one of the thirty hours since the last total, each an hour's event differently."""
    last = slot_of(now) - (MISSED + 1) * HOUR
    with transaction.atomic():
        found = [new_provider(name, committed=20) for name in ("First", "Second")]
        clients = [new_organization(each, at=last - HOUR, users=9) for each in found]
        run_hourly_job(last)
        for number in range(MISSED):
            at = last + number * HOUR + timedelta(minutes=20)
            change(clients[number % 2], 3 - number % 5 or 1, at)
            with clock(at + timedelta(minutes=10)):
                add_devices(clients[(number + 1) % 2], 1)
    return found


def slots_of(provider):
    return list(LicenseTotal.objects.filter(provider=provider).order_by("slot").values_list("slot", flat=True))


def expect_every_slot_once_and_right(providers, now):
    every = [slot_of(now) - number * HOUR for number in range(MISSED + 1, -1, -1)]
    for provider in providers:
        assert slots_of(provider) == every
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT)
        counted = {(provider, slot): figures for provider, slot, *figures in cursor.fetchall()}
    told = {(row.provider_id, row.slot): [row.consumed, row.devices] for row in LicenseTotal.objects.all()}
    assert told == counted
    assert len({tuple(figures) for figures in told.values()}) > MISSED  # not the same number over and over


class TestAfterThirtyHours:
    def test_two_at_once_write_every_slot_once_and_right(self, committed, providers, now):
        outcomes = committed.together([lambda: recompute(at=now)] * 2)
        assert sum(outcome["slots"] for outcome in outcomes) == 2 * (MISSED + 1), outcomes
        expect_every_slot_once_and_right(providers, now)
        assert recompute(at=now)["slots"] == 0
        assert sum(committed.together([lambda: work_out_rises(at=now)] * 2)) == len(providers)

    def test_one_that_is_killed_in_the_middle_leaves_nothing_half_and_the_next_writes_all(self, committed, providers, now):
        """Someone who has written the newest missed slot of a provider, and does not commit, holds the job up in its statement."""
        holder, watcher = committed.connect("system"), committed.connect("system", autocommit=True)
        holder.execute(
            "insert into usage_licensetotal (provider_id, slot, counted_at, consumed, devices, organizations) values (%s, %s, %s, 0, 0, 0)",
            [providers[1].pk, slot_of(now) - HOUR, slot_of(now) - HOUR],
        )
        environment = {**os.environ, **committed.environment, "PORTAL_LOGIN": "system", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, str(databases.ROOT / "manage.py"), "recompute_licence_totals"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until_someone_waits_for(holder.info.backend_pid, watcher, patience=60)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        holder.rollback()
        assert [len(slots_of(provider)) for provider in providers] == [1, 1]
        recompute(at=now)
        expect_every_slot_once_and_right(providers, now)
