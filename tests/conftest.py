"""What every test may rely on. The services themselves are in tests/services; fixtures that tell of people are beside the tests."""

import os
from contextlib import ExitStack

import django
import hypothesis
import pytest
from django.conf import settings

from tests.services import cluster

pytest_plugins = [
    "tests.services.database_fixtures",
    "tests.services.web_fixtures",
    "tests.services.stand_in",
    "tests.cast_fixture",
    "tests.walks.rendered",
    "tests.walks.staged",
]

services = ExitStack()

# How long an example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("portal", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("portal")


def pytest_configure(config):
    """Start the services in the first process, then let Django read its settings as the tests' login."""
    if not hasattr(config, "workerinput"):
        cluster.begin(services)
    run = cluster.joined()
    number = cluster.worker_number()
    database = f"portal_gw{number}"
    os.environ.update(run.environment_for(database, number))
    os.environ.update(DATABASE_URL=run.test_url(database), PORTAL_LOGIN="web", PORTAL_SITE="portal")
    # Playwright's loop runs in the thread of the test, and Django would take that for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    # A worker that inherits this reads the settings before it comes here, and shares the first one's database.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    assert settings.DATABASES["default"]["NAME"] == database, "unset DJANGO_SETTINGS_MODULE"


def pytest_unconfigure(config):
    services.close()


def pytest_collection_modifyitems(config, items):
    """Leave out what only a full run has time for."""
    if os.environ.get("PORTAL_FULL") == "1":
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def full():
    """Whether the numbers that the issues name are asked for, however long they take."""
    return os.environ.get("PORTAL_FULL") == "1"
