"""What else may meet at an organization's counters: moves, closings, caps, the turn of a month, and those who lock in another order."""

from collections import Counter
from datetime import timedelta
from itertools import count
from threading import Barrier
from time import monotonic

import psycopg
import pytest
from django import forms
from django.db import transaction
from django.utils import timezone

from accounts.models import Organization
from msp_portal.lib import tenancy
from msp_portal.lib.acts import carry_out
from tests import raw
from tests.cast import client, user
from usage.actions.organizations import close_organization
from usage.models import ClosedMonth, SeatEvent, Seats

MOVE = "select usage_move_users(%s, %s)"
LOWER = "update usage_seats set user_cap = 2 where organization_id = %s"
CLOSE = "update accounts_organization set closed_at = now() where id = %s"
SERIALIZATION_FAILURE = "40001"
numbers = count(1)
LONG_AGO = timezone.now() - timedelta(days=150)


@pytest.fixture
def rounds(full):
    return 100 if full else 10


@pytest.fixture
def web(committed):
    """Connections as the public web process."""
    return lambda number: [committed.connect("web", autocommit=True) for _ in range(number)]


def house(cast, **options):
    return client(cast.northwind.provider, f"House{next(numbers)} of Many", **options)


def in_scope(connection, organization, statement, values):
    """One statement in the provider's scope; "done", or the SQLSTATE of the refusal."""

    def run():
        with raw.scope(connection, organization.provider_id):
            connection.execute(statement, values)

    return raw.sqlstate_of(run) or "done"


class TestMoves:
    def test_in_opposite_directions_wait_for_each_other_in_order(self, cast, committed, web, rounds):
        connections = web(8)
        one, other = house(cast, users=6), house(cast, users=6)
        there = list(one.organization.users.values_list("pk", flat=True))
        back = list(other.organization.users.values_list("pk", flat=True))
        for _ in range(rounds):
            calls = [
                lambda c=c, i=i: in_scope(
                    c, one.organization, MOVE, [[there[i % 6]], other.pk] if i % 2 else [[back[i % 6]], one.pk]
                )
                for i, c in enumerate(connections)
            ]
            assert set(committed.together(calls)) == {"done"}
        watcher = committed.connect("system")
        assert raw.counted(watcher, one) == (one.organization.users.count(),) * 2
        assert raw.counted(watcher, other) == (other.organization.users.count(),) * 2

    def test_into_the_last_seat_go_to_one(self, cast, committed, web):
        target = house(cast, users=2, user_cap=3)
        crowd = house(cast, users=8)
        people = list(crowd.organization.users.values_list("pk", flat=True))
        calls = [
            lambda c=c, person=person: in_scope(c, target.organization, MOVE, [[person], target.pk])
            for c, person in zip(web(8), people, strict=True)
        ]
        assert Counter(committed.together(calls)) == {"done": 1, raw.CAP_REACHED: 7}
        assert raw.counted(committed.connect("system"), target) == (3, 3)

    def test_that_change_places_pass_at_two_full_houses(self, cast, committed):
        """A statement that leaves every count as it was takes no seat, although for a moment one house holds three."""
        one, other = house(cast, users=2, user_cap=2), house(cast, users=2, user_cap=2)
        swap = "update usage_user set organization_id = case id when %s then %s else %s end where id in (%s, %s)"
        committed.connect("owner", autocommit=True).execute(swap, [one.user.pk, other.pk, one.pk, one.user.pk, other.user.pk])
        assert (one.seats.users, other.seats.users) == (2, 2)


class TestAClosing:
    def test_and_an_arrival_never_both_succeed(self, cast, committed, web, rounds):
        closer, *arrivals = web(4)
        for _ in range(rounds):
            home = house(cast, users=0)
            closed, *added = committed.together(
                [
                    lambda home=home: in_scope(closer, home.organization, CLOSE, [home.pk]),
                    *(lambda c=c, i=i, home=home: raw.try_to_add(c, home.organization, f"u{i}") for i, c in enumerate(arrivals)),
                ]
            )
            home.organization.refresh_from_db()
            if closed == "done":
                assert added == [raw.CLOSED] * 3
                assert home.organization.is_closed
            else:
                assert closed == raw.NOT_EMPTY
                assert "added" in added
                assert not home.organization.is_closed

    def test_is_seen_by_a_transaction_that_began_before_it(self, cast, committed):
        """In a snapshot from before the closing the organization looks open; the counters' row tells that it is not."""
        home = house(cast, users=0)
        late = committed.connect("web", autocommit=True)
        late.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def arrive():
            with raw.scope(late, home.organization.provider_id):
                late.execute("select 1 from usage_seats")
                home.organization.close(at=timezone.now())
                raw.add_user(late, home.organization, "late")

        assert raw.sqlstate_of(arrive) == SERIALIZATION_FAILURE
        assert not home.organization.users.exists()


class TestTheTurnOfAMonth:
    @pytest.fixture
    def home(self, cast):
        """Two users since some months ago; nobody has looked since."""
        with transaction.atomic():
            set_clock(LONG_AGO.isoformat())
            return house(cast, users=2)

    def test_closes_every_month_once_however_many_meet_there(self, cast, committed, web, home):
        rollers = [committed.connect("system", autocommit=True) for _ in range(4)]
        calls = [lambda c=c: c.execute("select usage_roll_months(100)").fetchone()[0] for c in rollers]
        calls += [lambda c=c, i=i: raw.try_to_add(c, home.organization, f"new{i}") for i, c in enumerate(web(8))]
        rolled = committed.together(calls)
        assert rolled[4:] == ["added"] * 8
        closed = list(ClosedMonth.objects.filter(organization_id=home.pk).order_by("month").values_list("month", "users_mark"))
        assert closed == [(month, 2) for month in months_that_ended()]
        seats = home.seats
        assert (seats.users_carried, seats.users, seats.users_mark, seats.last_users_mark) == (2, 10, 10, 2)

    def test_never_leaves_an_event_in_a_month_that_was_closed(self, cast, committed, web, home):
        rollers = [committed.connect("system", autocommit=True) for _ in range(2)]
        calls = [lambda c=c: c.execute("select usage_roll_months(100)") for c in rollers]
        calls += [lambda c=c, i=i: raw.try_to_add(c, home.organization, f"new{i}") for i, c in enumerate(web(6))]
        committed.together(calls)
        instants = list(SeatEvent.objects.filter(organization_id=home.pk).order_by("id").values_list("at", flat=True))
        assert instants == sorted(instants)
        assert all(at >= timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0) for at in instants[2:])

    def test_passes_over_a_row_that_a_writer_holds_and_comes_back(self, cast, committed, home):
        clear = committed.connect("system", autocommit=True)
        waiting = "select count(*) from usage_seats where month_ends_at <= now()"
        clear.execute("select usage_roll_months(100)")
        with transaction.atomic():
            set_clock(LONG_AGO.isoformat())
            held, free = house(cast, users=1), house(cast, users=1)
        writer = committed.connect("system")
        writer.execute("update usage_seats set user_cap = 5 where organization_id = %s", [held.pk])
        assert clear.execute("select usage_roll_months(100)").fetchone() == (1,)
        assert clear.execute(waiting).fetchone() == (1,)
        writer.rollback()
        assert clear.execute("select usage_roll_months(100)").fetchone() == (1,)
        assert (held.seats.month, free.seats.month) == (free.seats.month, held.seats.month)


class TestLocks:
    def test_in_another_order_make_one_of_two_hear_that_it_is_busy(self, cast, committed):
        one, other = house(cast, users=0), house(cast, users=0)
        meet = Barrier(2)

        def add_to_both(first, second):
            def action():
                user(first.organization, f"u{next(numbers)}")
                meet.wait(10)
                user(second.organization, f"u{next(numbers)}")

            form = forms.Form({})
            with tenancy.scope(cast.northwind.pk):
                return carry_out(form, action), getattr(form, "refusal", None)

        outcomes = committed.together([lambda: add_to_both(one, other), lambda: add_to_both(other, one)])
        assert sorted(done for done, _ in outcomes) == [False, True]
        assert {refusal.code for _, refusal in outcomes if refusal} == {"busy"}
        assert (one.seats.users, other.seats.users) == (1, 1)

    def test_of_an_organization_and_its_seats_are_taken_in_one_order(self, cast, committed):
        """A new name is copied to the seats, so it needs both rows, the organization's first. A closing at the same instant waits before it has any."""
        home, owner, meet = house(cast, users=0).organization, cast.northwind.owner, Barrier(2)
        watcher = committed.connect("system", autocommit=True)

        def rename():
            with tenancy.scope(cast.northwind.pk):
                Organization.objects.select_for_update(no_key=True).get(pk=home.pk)
                meet.wait(10)
                until_someone_waits_for(transaction.get_connection().connection.info.backend_pid, watcher)
                Organization.objects.filter(pk=home.pk).update(name="House of Another Name")

        def close():
            meet.wait(10)
            with tenancy.scope(cast.northwind.pk):
                close_organization(organization=home, remove_everyone=False, users=0, devices=0, by=owner, at=timezone.now())

        assert committed.together([rename, close]) == [None, None]
        seats = Seats.objects.get(pk=home.pk)
        assert (seats.name, seats.closed_at) == ("House of Another Name", home.closed_at)
        assert seats.closed_at

    def test_held_too_long_are_told_and_not_waited_for(self, cast, committed):
        home = house(cast, users=0)
        holder = committed.connect("system")
        holder.execute("update usage_seats set user_cap = 5 where organization_id = %s", [home.pk])
        form = forms.Form({})
        with tenancy.scope(cast.northwind.pk):
            set_local("lock_timeout", "50ms")
            assert not carry_out(form, lambda: user(home.organization, "late"))
        assert form.refusal.code == "busy"
        assert home.seats.users == 0


class TestACap:
    def test_lowered_meanwhile_lets_nobody_in_after_it(self, cast, committed, web, rounds):
        *arrivals, msp = web(7)
        for _ in range(rounds):
            home = house(cast, users=2, user_cap=20)
            committed.together(
                [
                    *(lambda c=c, i=i, home=home: raw.try_to_add(c, home.organization, f"u{i}") for i, c in enumerate(arrivals)),
                    lambda home=home: in_scope(msp, home.organization, LOWER, [home.pk]),
                ]
            )
            seats = Seats.objects.get(pk=home.pk)
            assert seats.user_cap == 2
            assert not SeatEvent.objects.filter(organization_id=home.pk, at__gt=seats.cap_changed_at).exists()
            assert raw.try_to_add(msp, home.organization, "later") == raw.CAP_REACHED
            assert seats.users == home.organization.users.count()


def set_clock(instant):
    set_local("portal.clock", instant)


def set_local(name, value):
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("select set_config(%s, %s, true)", [name, value])


def until_someone_waits_for(pid, watcher, patience=4):
    """Asks again and again, for so many seconds; the waiting itself ends by `lock_timeout`."""
    waits = "select exists (select from pg_locks where not granted and %s = any (pg_blocking_pids(pid)))"
    deadline = monotonic() + patience
    while not watcher.execute(waits, [pid]).fetchone()[0]:
        assert monotonic() < deadline, "nobody waits"


def months_that_ended():
    """The first day of each month from LONG_AGO on, without the present one."""
    months, day = [], LONG_AGO.date().replace(day=1)
    while day < timezone.now().date().replace(day=1):
        months.append(day)
        day = (day + timedelta(days=31)).replace(day=1)
    return months
