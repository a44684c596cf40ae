"""The same race through the real web server: sixteen browsers post a user each to `/organizations/{id}/users/`."""

import http.client
from collections import Counter
from itertools import count
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests import raw
from tests.cast import client, sign_in

BROWSERS = 16
TOKEN = "a" * 32
SEE_OTHER, REFUSED = 303, 422
numbers = count(1)


@pytest.fixture
def rounds(full):
    return 200 if full else 5


@pytest.fixture
def post_user(live_portal):
    """Post one new user as an administrator who is signed in; the answer's status."""

    def post(organization, administrator_cookie, user_name):
        connection = http.client.HTTPConnection(urlsplit(live_portal.url).netloc, timeout=60)
        form = {"user_name": user_name, "email": f"{user_name}@x.example", "first_name": "", "last_name": ""}
        headers = {
            "Cookie": f"{administrator_cookie}; {settings.CSRF_COOKIE_NAME}={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request("POST", reverse("organization-users", args=[organization.pk]), urlencode(form), headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    return post


@pytest.fixture
def cookie(cast):
    """The session of Northwind's Administrator With Billing."""
    browser = sign_in(Client(), cast.northwind.owner)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


class TestTheLastSeatOverHttp:
    def test_goes_to_one_of_sixteen(self, cast, committed, post_user, cookie, rounds):
        watcher = committed.connect("system", autocommit=True)
        for _ in range(rounds):
            house = client(cast.northwind.provider, f"Full{next(numbers)} House", users=2, user_cap=3)
            names = [f"racer{next(numbers)}" for _ in range(BROWSERS)]
            answers = committed.together(
                lambda name=name, house=house: post_user(house.organization, cookie, name) for name in names
            )
            assert Counter(answers) == {SEE_OTHER: 1, REFUSED: BROWSERS - 1}
            assert raw.counted(watcher, house) == (3, 3)

    def test_tells_each_of_the_fifteen_in_the_audit_log(self, cast, committed, post_user, cookie):
        house = client(cast.northwind.provider, "Noted House", users=2, user_cap=3)
        committed.together(lambda n=n: post_user(house.organization, cookie, f"racer{n}") for n in range(BROWSERS))
        refused = committed.connect("system").execute(
            "select count(*) from accounts_auditevent where organization_id = %s and action = 'refused.user_cap_reached'",
            [house.pk],
        )
        assert refused.fetchone() == (BROWSERS - 1,)

    def test_gives_one_name_to_one_of_sixteen(self, cast, committed, post_user, cookie):
        house = client(cast.northwind.provider, "One Name House", users=0)
        answers = committed.together([lambda: post_user(house.organization, cookie, "ada")] * BROWSERS)
        assert Counter(answers) == {SEE_OTHER: 1, REFUSED: BROWSERS - 1}
        assert raw.counted(committed.connect("system"), house) == (1, 1)
