"""Sixteen clients want the last seat of an organization, by raw SQL as the runtime role."""

from collections import Counter
from itertools import count

import pytest

from tests import raw
from tests.cast import client

CLIENTS = 16
numbers = count(1)

GATE_WITHOUT_LOCK = """
    create or replace function usage_step(kind text, change usage_change, moment timestamptz) returns usage_passed language plpgsql as $$
    declare
        seat usage_seats;
    begin
        select * into strict seat from usage_seats s where s.organization_id = change.organization_id;
        if seat.users + change.delta > seat.user_cap then
            raise exception 'user cap reached' using errcode = 'UC001';
        end if;
        update usage_seats s set users = s.users + change.delta where s.organization_id = change.organization_id;
        return (change.organization_id, moment, seat.users);
    end
    $$
"""


@pytest.fixture
def rounds(full):
    return 200 if full else 20


@pytest.fixture
def sixteen_clients(committed):
    return [committed.connect("web", autocommit=True) for _ in range(CLIENTS)]


@pytest.fixture
def race(committed, sixteen_clients):
    """Let all clients add a user to the organization at the same instant; what each was answered."""

    def run(organization):
        names = [f"racer{next(numbers)}" for _ in sixteen_clients]
        return committed.together(
            lambda connection=connection, name=name: raw.try_to_add(connection, organization, name)
            for connection, name in zip(sixteen_clients, names, strict=True)
        )

    return run


def one_seat_left(msp):
    number = next(numbers)
    return client(msp.provider, f"Full{number} House", users=2, user_cap=3)


class TestTheLastSeat:
    def test_goes_to_one_of_sixteen(self, cast, committed, race, rounds):
        watcher = committed.connect("system", autocommit=True)
        for _ in range(rounds):
            house = one_seat_left(cast.northwind)
            assert Counter(race(house.organization)) == {"added": 1, raw.CAP_REACHED: CLIENTS - 1}
            assert raw.counted(watcher, house) == (3, 3)

    def test_is_oversold_without_the_lock(self, cast, committed, race):
        committed.connect("owner", autocommit=True).execute(GATE_WITHOUT_LOCK)
        watcher = committed.connect("system", autocommit=True)
        sold = []
        for _ in range(20):
            house = one_seat_left(cast.northwind)
            race(house.organization)
            sold.append(raw.counted(watcher, house)[1])
        assert max(sold) > 3

    def test_and_all_seats_before_it_are_filled(self, cast, committed, race):
        house = client(cast.northwind.provider, "Half House", users=2, user_cap=12)
        assert Counter(race(house.organization)) == {"added": 10, raw.CAP_REACHED: CLIENTS - 10}
        assert raw.counted(committed.connect("system"), house) == (12, 12)

    def test_leaves_a_ledger_that_counts_one_by_one(self, cast, committed, race):
        house = client(cast.northwind.provider, "Ledger House", users=0, user_cap=9)
        race(house.organization)
        lines = committed.connect("system").execute(
            "select count_after, at from usage_seatevent where organization_id = %s order by id", [house.pk]
        )
        counts, instants = zip(*lines, strict=True)
        assert list(counts) == list(range(1, 10))
        assert sorted(instants) == list(instants)
