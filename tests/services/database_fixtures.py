"""Rollback tests see the worker's own empty database through `db`; `committed` hands out another, new for each test, with real logins.

A test that asks for `committed` (or for `live_portal`, which does) has its ORM on that database too, and really commits.
"""

import ipaddress
import socket
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections

from tests.services import cluster, databases
from tests.services.together import together

URL_OF = {
    "web": "DATABASE_URL",
    "system": "DATABASE_SYSTEM_URL",
    "owner": "DATABASE_OWNER_URL",
    "admin": "DATABASE_ADMIN_URL",
}


@pytest.fixture(scope="session")
def run():
    """The cluster and broker of this test run."""
    return cluster.joined()


@pytest.fixture(scope="session")
def django_db_setup(run, django_db_blocker):
    name = f"portal_gw{cluster.worker_number()}"
    databases.clone(run, databases.template(run), name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    databases.drop(run, name)


@pytest.fixture
def _django_db_helper(request):
    """pytest-django's own, except that a test on committed rows has no transaction around it, and that the stage has its own database."""
    others = [
        name for fixture, name in (("committed", "committed"), ("the_stage", "on_stage")) if fixture in request.fixturenames
    ]
    return request.getfixturevalue((*others, "_django_db_helper")[0])


class Committed:
    """A database of one test whose rows are really committed, and the portal's logins to it."""

    def __init__(self, run, name):
        self.run, self.name = run, name
        self.environment = run.environment_for(name, cluster.worker_number())
        self.open = []

    def url(self, login):
        """The address for `web`, `system`, `owner` or `admin`."""
        return self.run.url(URL_OF[login], self.name)

    def connect(self, login, **options):
        """A psycopg connection as that login, closed after the test; in a transaction unless `autocommit=True`."""
        connection = psycopg.connect(self.url(login), **options)
        self.open.append(connection)
        return connection

    def together(self, calls):
        """Run the calls at the same instant, a thread each; their results, or exceptions, in order."""
        return together(calls)


@pytest.fixture
def committed(request, run, django_db_blocker):
    marked = request.node.get_closest_marker("sample_data")
    source = databases.sample(run) if marked else databases.template(run)
    database = Committed(run, f"portal_gw{cluster.worker_number()}_committed")
    databases.clone(run, source, database.name)
    with orm_on(database.name), django_db_blocker.unblock():
        yield database
    for connection in database.open:
        connection.close()
    cache.clear()


@contextmanager
def orm_on(name):
    """Turn Django's default connection to another database of the cluster for a while."""
    former = settings.DATABASES["default"]["NAME"]
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        settings.DATABASES["default"]["NAME"] = former


@pytest.fixture(scope="session")
def sample_sign_ins(run):
    """The providers and sign-ins of the sample data, for tests marked `sample_data`."""
    databases.sample(run)
    return databases.sample_sign_ins(run)


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    """Refuse every address beyond this machine: a test that needs another host is wrong."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
            raise PermissionError(f"a test may not reach {address}")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


def is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
