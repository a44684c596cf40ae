"""High-water marks: exact to the event, by the provider's own calendar. The golden vector is the one of the design."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Provider
from tests.usage.history import add_devices, change, clock, mark_of, new_organization, new_provider, run_hourly_job, seats, utc
from usage.models import BillingMonth, ClosedMonth, Seats

pytestmark = pytest.mark.django_db


class TestTheGoldenVector:
    @pytest.fixture(params=[("UTC", 26), ("America/Denver", 23)], ids=["UTC", "America/Denver"])
    def march(self, request):
        """One organization through March 2026, and the mark that its zone makes of it."""
        zone, mark = request.param
        provider = new_provider(zone=zone)
        client = new_organization(provider, at=utc(2026, 2, 10), users=20)
        change(client, +6, utc(2026, 3, 1, 2))
        change(client, -6, utc(2026, 3, 1, 5))
        change(client, +3, utc(2026, 3, 10, 12))
        change(client, -3, utc(2026, 3, 10, 12, 20))
        change(client, +2, utc(2026, 3, 17, 12))
        change(client, -2, utc(2026, 3, 19))
        change(client, -1, utc(2026, 3, 25))
        return client, mark

    def test_has_the_mark_of_its_zone_while_the_month_runs(self, march):
        client, mark = march
        assert seats(client, utc(2026, 3, 31)).high_water_mark == mark

    def test_keeps_it_when_the_month_is_closed(self, march):
        client, mark = march
        run_hourly_job(utc(2026, 4, 1, 12))
        assert mark_of(client, 2026, 3) == mark
        assert seats(client, utc(2026, 4, 1, 12)).last_high_water_mark == mark

    def test_carries_nineteen_into_april_without_any_event(self, march):
        client, _mark = march
        run_hourly_job(utc(2026, 5, 2))
        assert mark_of(client, 2026, 4) == 19

    def test_moved_users_count_in_both_clients_but_once_in_the_sum(self):
        provider = new_provider()
        a = new_organization(provider, at=utc(2026, 2, 10), users=30)
        b = new_organization(provider, at=utc(2026, 2, 10), users=20)
        with clock(utc(2026, 3, 15)):
            move(a, b, 10)
        run_hourly_job(utc(2026, 3, 20))
        at = utc(2026, 3, 20)
        assert [seats(a, at).high_water_mark, seats(b, at).high_water_mark] == [30, 30]
        total = provider.licensetotals.get()
        assert (total.sum_of_marks, total.mark_of_the_sum) == (60, 50)


class TestAMark:
    @pytest.fixture
    def client(self):
        return new_organization(new_provider(), at=utc(2026, 3, 5), users=10)

    def test_is_not_lowered_by_removals(self, client):
        change(client, +5, utc(2026, 3, 6))
        change(client, -12, utc(2026, 3, 7))
        assert (seats(client, utc(2026, 3, 8)).high_water_mark, seats(client, utc(2026, 3, 8)).users) == (15, 3)

    def test_notes_the_instant_it_was_first_reached(self, client):
        change(client, +5, utc(2026, 3, 6))
        change(client, -5, utc(2026, 3, 7))
        change(client, +5, utc(2026, 3, 8))
        assert seats(client, utc(2026, 3, 9)).users_mark_at == utc(2026, 3, 6)

    def test_of_a_month_begins_with_those_who_leave_at_its_first_instant(self, client):
        change(client, -4, utc(2026, 4, 1))
        assert seats(client, utc(2026, 4, 2)).high_water_mark == 10
        assert seats(client, utc(2026, 4, 2)).users_mark_at == utc(2026, 4, 1)

    def test_reads_as_carried_in_between_the_turn_and_the_roll(self, client):
        change(client, +5, utc(2026, 3, 6))
        change(client, -2, utc(2026, 3, 7))
        read = seats(client, utc(2026, 4, 1))
        assert (read.high_water_mark, read.last_high_water_mark) == (13, 15)
        assert not ClosedMonth.objects.exists()

    def test_reads_right_after_two_turns_that_nobody_rolled(self, client):
        change(client, +5, utc(2026, 3, 6))
        change(client, -2, utc(2026, 3, 7))
        ends = [utc(2026, 4, 30, 23, 59), utc(2026, 5, 1)]
        assert [seats(client, at).last_high_water_mark for at in ends] == [15, 13]
        assert [seats(client, at).high_water_mark for at in ends] == [13, 13]

    def test_of_devices_is_kept_beside_it(self, client):
        with clock(utc(2026, 3, 6)):
            add_devices(client, 4)
        run_hourly_job(utc(2026, 4, 2))
        closed = ClosedMonth.objects.get(organization=client)
        assert (closed.users_mark, closed.devices_mark, closed.devices_mark_at) == (10, 4, utc(2026, 3, 6))

    def test_of_a_closed_month_is_frozen_for_every_login_at_run_time(self, client):
        run_hourly_job(utc(2026, 4, 2))
        for statement in ("update usage_closedmonth set users_mark = 1", "delete from usage_closedmonth"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert mark_of(client, 2026, 3) == 10

    def test_is_closed_for_each_month_that_nobody_looked_at(self, client):
        change(client, +1, utc(2026, 7, 10))
        assert list(ClosedMonth.objects.order_by("month").values_list("month__month", "users_mark", "users_carried")) == [
            (3, 10, 0),
            (4, 10, 10),
            (5, 10, 10),
            (6, 10, 10),
        ]
        assert seats(client, utc(2026, 7, 11)).high_water_mark == 11


class TestTheCalendar:
    def test_turns_at_local_midnight_across_the_change_of_clocks(self):
        provider = new_provider(zone="America/Denver")
        client = new_organization(provider, at=utc(2026, 2, 20), users=1)
        run_hourly_job(utc(2026, 4, 2))
        march = BillingMonth.objects.get(provider=provider, month=date(2026, 3, 1))
        assert (march.starts_at, march.ends_at) == (utc(2026, 3, 1, 7), utc(2026, 4, 1, 6))  # MST, then MDT
        assert seats(client, utc(2026, 4, 2)).month == date(2026, 4, 1)

    def test_takes_a_changed_zone_from_the_next_month_without_gap_or_overlap(self):
        provider = new_provider(zone="America/Denver")
        client = new_organization(provider, at=utc(2026, 2, 20), users=5)
        with clock(utc(2026, 3, 10)):
            Provider.objects.filter(pk=provider.pk).update(time_zone="Asia/Tokyo")
        change(client, +2, utc(2026, 4, 1, 5, 30))  # still March in Denver, April in Tokyo
        run_hourly_job(utc(2026, 5, 10))
        months = list(BillingMonth.objects.filter(provider=provider).order_by("month"))
        assert [(m.month.month, m.time_zone) for m in months][1:3] == [(3, "America/Denver"), (4, "Asia/Tokyo")]
        assert all(first.ends_at == second.starts_at for first, second in pairwise(months))
        assert months[2].ends_at == datetime(2026, 5, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
        assert mark_of(client, 2026, 3) == 7

    def test_is_each_provider_s_own(self):
        clients = {}
        for zone in ("UTC", "Pacific/Auckland"):
            clients[zone] = new_organization(new_provider(zone, zone=zone), at=utc(2026, 3, 20), users=5)
            change(clients[zone], +1, utc(2026, 3, 31, 12))  # already April in Auckland
            run_hourly_job(utc(2026, 4, 1, 1))
        assert [mark_of(client, 2026, 3) for client in clients.values()] == [6, 5]


class TestAgainstCountingByHand:
    """Any history gives the mark that one finds by walking through its events with Python's own calendar."""

    events = st.lists(
        st.tuples(st.integers(0, 100 * 24 * 60), st.integers(-6, 6).filter(bool)),
        min_size=1,
        max_size=12,
        unique_by=lambda e: e[0],
    )

    @settings(max_examples=15, suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture])
    @given(events=events, zone=st.sampled_from(["UTC", "America/Denver", "Europe/Berlin", "Pacific/Auckland", "Asia/Kathmandu"]))
    def test_every_month_has_the_highest_count_of_its_instants(self, events, zone):
        start, history = utc(2026, 2, 1, 15), []
        client = new_organization(new_provider(zone, zone=zone), at=start, users=6)
        users = 6
        for minute, delta in sorted(events):
            delta = max(delta, -users)
            if delta:
                change(client, delta, start + timedelta(minutes=minute))
                users += delta
                history.append((start + timedelta(minutes=minute), users))
        run_hourly_job(utc(2026, 6, 15))
        found = dict(ClosedMonth.objects.filter(organization=client).values_list("month", "users_mark"))
        assert found == marks_by_hand(start, 6, history, ZoneInfo(zone), until=date(2026, 6, 1))
        assert Seats.objects.get(pk=client.pk).users == users


def marks_by_hand(start, users, history, zone, until):
    marks = {}
    month = start.astimezone(zone).date().replace(day=1)
    while month < until:
        following = (month + timedelta(days=31)).replace(day=1)
        begins, ends = (datetime(day.year, day.month, 1, tzinfo=zone).astimezone(UTC) for day in (month, following))
        before = [count for at, count in history if at < begins]
        within = [count for at, count in history if begins <= at < ends]
        marks[month] = max([before[-1] if before else users, *within])
        month = following
    return marks


def move(source, target, number):
    users = list(source.users.values_list("pk", flat=True)[:number])
    with connection.cursor() as cursor:
        cursor.execute("select usage_move_users(%s, %s)", [users, target.pk])
