"""The fixture `the_stage`: everyone and everything of `stage.py`, made once a worker in a database of its own and rolled back after each test.

Making it takes longer than most of the thousand walks over it. It stands apart because pytest imports it before Django is set up.
"""

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from tests.services import cluster, databases


@dataclass(frozen=True)
class Kept:
    """The database that holds a stage, and the stage."""

    name: str
    stage: Any


@pytest.fixture(scope="session")
def kept_stage(run, django_db_setup, django_db_blocker):
    from tests.services.database_fixtures import orm_on
    from tests.walks.stage import Stage

    name = f"portal_gw{cluster.worker_number()}_stage"
    databases.clone(run, databases.template(run), name)
    with orm_on(name), django_db_blocker.unblock():
        stage = Stage()
    yield Kept(name, stage)
    databases.drop(run, name)


@pytest.fixture
def on_stage(kept_stage, django_db_blocker):
    """The ORM on the stage's database, for one test; what it writes is undone."""
    from django.core.cache import cache

    from tests.services.database_fixtures import orm_on

    with orm_on(kept_stage.name), django_db_blocker.unblock():
        with undone():
            yield
        cache.clear()  # the next test meets the same ids


@pytest.fixture
def the_stage(kept_stage, db):
    """A stage of the test's own."""
    return deepcopy(kept_stage.stage)


@contextmanager
def undone():
    """Roll back what is done within; to the scopes it looks like the test's own transaction, which they accept."""
    from django.db import transaction

    atomic = transaction.atomic()
    atomic._from_testcase = True
    with atomic:
        yield
        transaction.set_rollback(True)
