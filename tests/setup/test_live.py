"""The real servers over the tests' database: what the browser tests stand on."""

import urllib.request

import pytest
from playwright.sync_api import expect

from accounts.models import Person


def login_of_the_server(committed):
    with committed.connect("admin") as connection:
        rows = connection.execute("select distinct usename from pg_stat_activity where datname = %s", [committed.name]).fetchall()
    return {name for (name,) in rows}


def test_the_portal_logs_in_as_the_weakest_role(live_portal, committed):
    urllib.request.urlopen(f"{live_portal.url}/readyz").close()
    assert "portal_web" in login_of_the_server(committed)
    assert "portal_system" not in login_of_the_server(committed)


@pytest.mark.parametrize("again", [1, 2])
def test_the_same_server_sees_each_tests_own_rows(live_portal, committed, again):
    assert not Person.objects.exists()
    Person.objects.create(email="ada@northwind.example")
    with urllib.request.urlopen(f"{live_portal.url}/readyz") as answer:
        assert answer.status == 200


def test_a_browser_reaches_the_portal(live_portal, page):
    page.goto(f"{live_portal.url}/sign-in/")
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.sample_data
def test_sample_data_comes_with_its_sign_ins(committed, sample_sign_ins):
    emails = {login["email"] for login in sample_sign_ins["logins"]}
    assert Person.objects.filter(email__in=emails).count() == len(emails)
