"""The same race through the real web server: sixteen browsers post a user each to `/organizations/{id}/users/`."""

from collections import Counter
from itertools import count

import pytest
from django.urls import reverse

from tests import raw
from tests.cast import client
from tests.races.ways_in import browser_of

BROWSERS = 16
SEE_OTHER, REFUSED = 303, 422
numbers = count(1)


@pytest.fixture
def rounds(full):
    return 200 if full else 2


@pytest.fixture
def post_user(live_portal, cast):
    """Post one new user as Northwind's Administrator With Billing; the answer's status."""
    browser = browser_of(live_portal, cast.northwind.owner)

    def post(organization, user_name):
        one = {"user_name": user_name, "email": f"{user_name}@x.example", "first_name": "", "last_name": ""}
        return browser.post(reverse("organization-users", args=[organization.pk]), one)[0]

    return post


class TestTheLastSeatOverHttp:
    def test_goes_to_one_of_sixteen(self, cast, committed, post_user, rounds):
        watcher = committed.connect("system", autocommit=True)
        for _ in range(rounds):
            house = client(cast.northwind.provider, f"Full{next(numbers)} House", users=2, user_cap=3)
            names = [f"racer{next(numbers)}" for _ in range(BROWSERS)]
            answers = committed.together(lambda name=name, house=house: post_user(house.organization, name) for name in names)
            assert Counter(answers) == {SEE_OTHER: 1, REFUSED: BROWSERS - 1}
            assert raw.counted(watcher, house) == (3, 3)

    def test_gives_one_name_to_one_of_sixteen(self, cast, committed, post_user):
        house = client(cast.northwind.provider, "One Name House", users=0)
        answers = committed.together([lambda: post_user(house.organization, "ada")] * BROWSERS)
        assert Counter(answers) == {SEE_OTHER: 1, REFUSED: BROWSERS - 1}
        assert raw.counted(committed.connect("system"), house) == (1, 1)
