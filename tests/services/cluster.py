"""One cluster and one broker for all processes of a test run; the first process starts them, the others are told by environment."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from setup import throw_away
from setup.portal_environment import with_login

TEST_LOGIN = "portal_test"
PREFIX = "PORTAL_TEST_RUN_"
STORES = 16


@dataclass(frozen=True)
class Run:
    """What the processes of one test run share."""

    folder: Path
    environment: dict[str, str]

    @property
    def admin_url(self):
        return self.environment["DATABASE_ADMIN_URL"]

    def url(self, name, database):
        """The address of one of the logins (`DATABASE_URL`, …) on another database of the cluster."""
        return self.environment[name].rpartition("/")[0] + f"/{database}"

    def test_url(self, database):
        return with_login(self.admin_url, TEST_LOGIN, "portal_test", database)

    def environment_for(self, database, worker_number):
        """The environment of a real portal process on `database`."""
        addresses = {name: self.url(name, database) for name in self.environment if name.startswith("DATABASE_")}
        redis_url = self.environment["REDIS_URL"].rpartition("/")[0] + f"/{worker_number % STORES}"
        return {**self.environment, **addresses, "DATABASE_ADMIN_URL": self.admin_url, "REDIS_URL": redis_url}


def worker_number():
    """0 for the first xdist worker and for a run without workers."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def begin(stack: ExitStack):
    """Start the services, once a run, and tell the workers that pytest starts later."""
    services = stack.enter_context(throw_away.services())
    os.environ[f"{PREFIX}FOLDER"] = str(services.folder)
    for name, value in services.environment("portal_template").items():
        os.environ[f"{PREFIX}{name}"] = value


def joined():
    """The run that this process belongs to."""
    given = {name.removeprefix(PREFIX): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return Run(Path(given.pop("FOLDER")), given)
