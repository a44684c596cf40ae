"""The same race through the JSON API: sixteen scripts post a user each to `/api/systemusers` with one key."""

from collections import Counter
from itertools import count

import pytest

from tests import raw
from tests.api.live import live_client_of
from tests.cast import client

SCRIPTS = 16
ADDED, REFUSED = 200, 400
numbers = count(1)


@pytest.fixture
def rounds(full):
    return 100 if full else 2


@pytest.fixture
def race(committed, live_portal, cast):
    """Let all scripts post a user of another name to the organization at the same instant; their answers."""

    def run(house):
        at_house = live_client_of(live_portal, cast.northwind).at(house)  # a key a race, as a key's requests are counted
        bodies = [{"username": f"racer{n}", "email": f"racer{n}@x.example"} for n in (next(numbers) for _ in range(SCRIPTS))]
        return committed.together(lambda body=body: at_house.send("POST", "/systemusers", body) for body in bodies)

    return run


def one_seat_left(msp):
    return client(msp.provider, f"Full{next(numbers)} House", users=2, user_cap=3)


class TestTheLastSeat:
    def test_goes_to_one_of_sixteen(self, cast, committed, race, rounds):
        watcher = committed.connect("system", autocommit=True)
        for _ in range(rounds):
            house = one_seat_left(cast.northwind)
            answers = race(house)
            assert Counter(answer.status for answer in answers) == {ADDED: 1, REFUSED: SCRIPTS - 1}
            assert raw.counted(watcher, house) == (3, 3)

    def test_is_refused_to_fifteen_in_the_contracts_words(self, cast, race):
        house = one_seat_left(cast.northwind)
        refusals = [answer.json() for answer in race(house) if answer.status == REFUSED]
        words = "This organization has reached its user limit. Contact your MSP administrator to add more users."
        told = {
            "code": 400,
            "status": "Bad Request",
            "message": words,
            "error": words,
            "organization": house.pk,
            "cap": 3,
            "current": 3,
            "contact": {"name": "Cora Contact", "email": "help@northwind.example", "phone": "+1 555 0100"},
        }
        assert refusals == [told] * (SCRIPTS - 1)

    def test_is_one_of_sixteen_without_a_cap(self, cast, committed, race):
        """The control: the same sixteen all find a seat where there are seats."""
        house = client(cast.northwind.provider, "Roomy House", users=2)
        assert Counter(answer.status for answer in race(house)) == {ADDED: SCRIPTS}
        assert raw.counted(committed.connect("system"), house) == (18, 18)
