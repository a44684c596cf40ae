"""Services for one run of the tests or of the measures: in the temp folder, on random ports, gone at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import own_secrets, postgres, postgres_binaries, processes, valkey
from .portal_environment import Environment, Secrets, database_addresses, portal_settings
from .say import Refusal

BINARIES_SETTING = "PORTAL_TEST_POSTGRES"
SETTINGS = {"max_connections": "300", "shared_buffers": "256MB", "max_wal_size": "2GB", "autovacuum_naptime": "10s"}


@dataclass(frozen=True)
class Services:
    """A running cluster and broker, and the folder that is theirs."""

    folder: Path
    cluster: postgres.Cluster
    broker: valkey.Broker
    secrets: Secrets

    def environment(self, database: str, broker_number: int = 0, portal_port: int = 8000) -> Environment:
        """What a portal on `database` and on one of the broker's numbered stores reads."""
        redis_url = self.broker.url.rpartition("/")[0] + f"/{broker_number}"
        return {
            **database_addresses(self.cluster.admin_url, database, self.secrets),
            **portal_settings(self.secrets, redis_url, portal_port, portal_port),
        }


@contextmanager
def services(*, durable: bool = False) -> Iterator[Services]:
    """Start both, hand them out, stop and remove them; `durable` keeps fsync on, as measures and crash tests want it."""
    account = processes.service_account()
    folder = Path(tempfile.mkdtemp(prefix="msp-portal-"))
    folder.chmod(0o711)  # the cluster's own user must pass through to its data, and see nothing else
    secrets = own_secrets.new()
    settings = SETTINGS if durable else {**SETTINGS, **postgres.CARELESS}
    cluster = postgres.Cluster(chosen_binaries(account), folder / "postgres", secrets.superuser, account, settings)
    broker = valkey.Broker(valkey.find(), folder / "broker", secrets.broker, keeps_data=durable)
    try:
        cluster.create()
        cluster.start()
        broker.start()
        yield Services(folder, cluster, broker, secrets)
    finally:
        broker.stop()
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def chosen_binaries(account: processes.Account | None) -> postgres_binaries.Binaries:
    """The programs in the folder that PORTAL_TEST_POSTGRES names, else the usual ones.

    :raises Refusal: when the named folder has none that run.
    """
    named = os.environ.get(BINARIES_SETTING)
    if not named:
        return postgres_binaries.find(account)
    found = postgres_binaries.probe(Path(named), account)
    if found is None:
        raise Refusal(f"{BINARIES_SETTING} names {named}, where no PostgreSQL {postgres_binaries.OLDEST} or newer runs.")
    return found
