"""The demo's database and broker: those that the environment names, else our own."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import apt, places, postgres, postgres_binaries, processes, valkey
from .portal_environment import LOGINS, Environment, Secrets, database_addresses
from .say import Refusal, line, step

DATABASE = "portal"
POSTGRES_PORT = 55432
BROKER_PORT = 56379
PAUSE_BEFORE_RESTART = 2.0
LOGIN_SETTINGS = tuple(LOGINS)


@dataclass(frozen=True)
class Services:
    """Addresses for the portal, and the servers that are ours to stop; None for what was given."""

    environment: Environment
    cluster: postgres.Cluster | None
    broker: valkey.Broker | None
    may_bootstrap: bool

    def mend(self) -> bool:
        """Start again, on the same port, what is ours and ended by itself; whether something had."""
        ended = [server for server in self.own() if server.process is not None and server.process.poll() is not None]
        for server in ended:
            line(f"  {server.folder.name} ended by itself; starting it again, see {server.log}")
            time.sleep(PAUSE_BEFORE_RESTART)
            server.process = server.launch()
        return bool(ended)

    def stop(self) -> None:
        """End what is ours."""
        for server in self.own():
            server.stop()

    def ids(self) -> dict[str, int]:
        """The processes of what is ours."""
        return {server.folder.name: server.process.pid for server in self.own() if server.process is not None}

    def own(self) -> list[postgres.Cluster | valkey.Broker]:
        """The servers that we started; the broker first, as it is the first to stop."""
        return [server for server in (self.broker, self.cluster) if server is not None]


def start(secrets: Secrets) -> Services:
    """Start what the environment doesn't name, and answer the addresses of all.

    :raises Refusal: if something is missing, or only part of the addresses was given.
    """
    given = given_addresses(secrets)
    broker = own_broker(secrets)
    redis_url = broker.url if broker else os.environ["REDIS_URL"]
    cluster = own_cluster(secrets) if given is None else None
    addresses = given or database_addresses(cluster.admin_url if cluster else "", DATABASE, secrets)
    return Services({**addresses, "REDIS_URL": redis_url}, cluster, broker, "DATABASE_ADMIN_URL" in addresses)


def given_addresses(secrets: Secrets) -> Environment | None:
    """The addresses of the database that the environment names; None if it names none.

    All three logins, or one address of an administrator who may make them.

    :raises Refusal: for two of the three.
    """
    given = {name: os.environ[name] for name in (*LOGIN_SETTINGS, "DATABASE_ADMIN_URL") if os.environ.get(name)}
    if not given:
        return None
    if all(name in given for name in LOGIN_SETTINGS):
        return given
    admin_url = given.get("DATABASE_ADMIN_URL") or given.get("DATABASE_URL")
    if len(given) > 1 or admin_url is None:
        raise Refusal(f"Set all of {', '.join(LOGIN_SETTINGS)}, or only DATABASE_URL with a login that may create roles.")
    named = urlsplit(admin_url).path.strip("/")
    return database_addresses(admin_url, DATABASE if named in {"", "postgres"} else named, secrets)


def own_cluster(secrets: Secrets) -> postgres.Cluster:
    """Our own Postgres, started."""
    account = processes.service_account()
    with step("Postgres") as notes:
        try:
            binaries = postgres_binaries.find(account)
        except Refusal:
            if not apt.install(["postgresql"], "Postgres"):
                raise
            binaries = postgres_binaries.find(account)
        cluster = postgres.Cluster(binaries, data_folder("postgres", account), secrets.superuser, account)
        cluster.create()
        cluster.start(POSTGRES_PORT)
        notes.append(f"version {binaries.major} on 127.0.0.1:{cluster.port}")
    return cluster


def own_broker(secrets: Secrets) -> valkey.Broker | None:
    """Our own broker, started, unless the environment names one."""
    if os.environ.get("REDIS_URL"):
        return None
    with step("Broker") as notes:
        try:
            program = valkey.find()
        except Refusal:
            if not apt.install(["redis-server"], "Redis"):
                raise
            program = valkey.find()
        broker = valkey.Broker(program, places.state_folder() / "broker", secrets.broker)
        broker.start(BROKER_PORT)
        notes.append(f"{program.name} on 127.0.0.1:{broker.port}")
    return broker


def data_folder(name: str, account: processes.Account | None) -> Path:
    """A folder in `var/` that `account` can reach; under /var/lib where a parent of the clone is closed to it."""
    inside = places.state_folder() / name
    if account is None:
        return inside
    postgres.own_folder(inside, account)
    if processes.run_as(account, ["test", "-w", inside]).returncode == 0:
        return inside
    inside.rmdir()
    places.system_folder().mkdir(mode=0o711, parents=True, exist_ok=True)
    return places.system_folder() / name


def has_data() -> bool:
    """Whether a cluster of our own was made before in this clone."""
    return (places.VAR / "postgres" / "PG_VERSION").exists()


def erase_strays() -> None:
    """Remove what a former clone of this path left outside of it; the secrets that open it went with that clone."""
    shutil.rmtree(places.system_folder() / "postgres", ignore_errors=True)


def erase() -> None:
    """Remove the data of our own services."""
    for name in ("postgres", "broker"):
        for folder in (places.VAR / name, places.system_folder() / name):
            shutil.rmtree(folder, ignore_errors=True)
