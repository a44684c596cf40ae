"""Which database and broker the demo uses."""

import pytest

from setup import own_secrets, services
from setup.say import Refusal

ADMIN = "postgresql://root:p%2Fw@db.example:6432/customers?sslmode=require"


@pytest.fixture
def secrets():
    return own_secrets.new()


@pytest.fixture
def environment(monkeypatch):
    for name in (*services.LOGIN_SETTINGS, "DATABASE_ADMIN_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_nothing_given_means_servers_of_our_own(environment, secrets):
    assert services.given_addresses(secrets) is None


def test_an_administrators_address_becomes_one_a_login(environment, secrets):
    environment.setenv("DATABASE_URL", ADMIN)
    given = services.given_addresses(secrets)
    assert given["DATABASE_URL"] == f"postgresql://portal_web:{secrets.portal_web}@db.example:6432/customers?sslmode=require"
    assert given["DATABASE_ADMIN_URL"] == ADMIN


def test_the_servers_own_database_is_left_alone(environment, secrets):
    environment.setenv("DATABASE_ADMIN_URL", "postgresql://postgres:pw@127.0.0.1/postgres")
    assert services.given_addresses(secrets)["DATABASE_OWNER_URL"].endswith("@127.0.0.1/portal")


def test_three_logins_are_taken_as_they_are(environment, secrets):
    for name in services.LOGIN_SETTINGS:
        environment.setenv(name, f"postgresql://{name.lower()}@127.0.0.1/portal")
    given = services.given_addresses(secrets)
    assert given == {name: f"postgresql://{name.lower()}@127.0.0.1/portal" for name in services.LOGIN_SETTINGS}


def test_two_of_three_logins_are_refused(environment, secrets):
    for name in services.LOGIN_SETTINGS[:2]:
        environment.setenv(name, ADMIN)
    with pytest.raises(Refusal, match="Set all of DATABASE_URL, DATABASE_SYSTEM_URL, DATABASE_OWNER_URL"):
        services.given_addresses(secrets)
