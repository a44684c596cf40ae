"""The real servers over the test's committed database, and the browser that visits them.

A server lives as long as its pytest worker; what changes under it from test to test is the database of that name.
"""

import os

import pytest

from setup import chromium, portal_processes, processes
from tests.services import cluster, databases, server


@pytest.fixture(scope="session")
def _portal_server(run, stand_in_process):
    yield from served(run, "portal", stand_in_process)


@pytest.fixture(scope="session")
def _operators_server(run, stand_in_process):
    yield from served(run, "operators", stand_in_process)


def served(run, site, stand_in):
    name = f"portal_gw{cluster.worker_number()}_committed"
    environment = {**run.environment_for(name, cluster.worker_number()), **stand_in.environment}
    running = server.start(run, environment, site=site)
    yield running
    server.stop(running)


@pytest.fixture
def live_portal(committed, request):
    """The portal as the demo serves it (`.url`), logged in as portal_web, over the `committed` database."""
    return request.getfixturevalue("_portal_server")


@pytest.fixture
def live_operators(committed, request):
    """The operators' console (`.url`) over the `committed` database."""
    return request.getfixturevalue("_operators_server")


@pytest.fixture
def live_worker(committed, run, stand_in_process, live_portal):
    """A Celery worker over the `committed` database, for tests that wait for what it does; it knows where the portal is."""
    part = portal_processes.worker()
    settings = {
        **databases.without_portal_settings(),
        **committed.environment,
        **stand_in_process.environment,
        **part.environment,
        "PORTAL_URL": live_portal.url,
    }
    with (run.folder / f"worker-{cluster.worker_number()}.log").open("wb") as output:
        process = processes.start(part.command, log=output, env=settings, cwd=databases.ROOT)
    yield process
    processes.stop(process)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    found = chromium.find()
    if found is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no Chromium: bin/test installs it as root, or put one on the PATH")
    return {**browser_type_launch_args, "executable_path": str(found)}
