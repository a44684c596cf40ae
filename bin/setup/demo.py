"""bin/demo: the whole portal on this machine."""

import argparse
import os
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from . import (
    control,
    detached,
    own_secrets,
    packages,
    pango,
    places,
    portal_processes,
    ports,
    readiness,
    running,
    sample,
    services,
    stand_in,
)
from .portal_environment import Environment, Secrets, portal_settings
from .say import Refusal, elapsed, line, step
from .supervisor import Stopped, Supervisor, listen_for_the_end

PORTAL_PORT = 8000
OPERATOR_PORT = 8001
STAND_IN_PORT = 8002
SECRETS = places.VAR / "secrets.json"
WATCH_INTERVAL = 0.5


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; answers the exit code."""
    options = parse(arguments)
    if options.stop:
        return control.stop()
    if options.status:
        return control.status()
    if options.detach:
        return detached.start([argument for argument in arguments if argument != "--detach"])
    return run(options)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="Bring the portal up on this machine, with sample data.", allow_abbrev=False
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--detach", action="store_true", help="return when everything answers; it goes on in the background")
    what.add_argument("--stop", action="store_true", help="stop the one in the background")
    what.add_argument("--status", action="store_true", help="say whether it runs, and where")
    parser.add_argument("--fresh", action="store_true", help="erase the data and load the sample data anew")
    parser.add_argument("--port", type=int, help=f"the portal's port instead of {PORTAL_PORT}; the console takes the next one")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    """Bring everything up, stay with it, take everything down at Ctrl-C."""
    listen_for_the_end()
    with running.take_lock(), ExitStack() as at_the_end:
        at_the_end.callback(running.forget)
        try:
            environment, supervisor, parts = bring_up(options, at_the_end)
            announce(environment, supervisor, parts)
            watch(environment, supervisor, parts)
        except Stopped:
            line("  stopping")
    return 0


def bring_up(options: argparse.Namespace, at_the_end: ExitStack) -> tuple[Environment, Supervisor, services.Services]:
    """Everything from packages to processes; what is to be stopped later is told to `at_the_end` as soon as it runs."""
    if options.fresh:
        erase()
    packages.ensure("prod")
    native = pango.ensure()
    portal_port, operator_port = choose_ports(options.port)
    parts = services.start(secrets := kept_secrets())
    at_the_end.callback(parts.stop)
    common = portal_settings(secrets, parts.environment["REDIS_URL"], portal_port, operator_port)
    environment = {**common, **parts.environment, **native, **places.writable_home()}
    prepare_database(environment, parts)
    supervisor = Supervisor(environment)
    at_the_end.callback(supervisor.stop)
    if stand_in.is_wanted():
        port = ports.preferred_or_free(options.port + 2 if options.port else STAND_IN_PORT)
        environment |= stand_in.portal_settings(secrets, port)
        supervisor.start(stand_in.part(secrets, port, environment["PORTAL_URL"]))
    start_portal(supervisor)
    return environment, supervisor, parts


def kept_secrets() -> Secrets:
    """This clone's secrets.

    :raises Refusal: if they are gone but the data that they open is there.
    """
    if not SECRETS.exists():
        if services.has_data():
            raise Refusal(f"{SECRETS} is gone, and the database can't be opened without it: bin/demo --fresh starts over.")
        services.erase_strays()
    return own_secrets.kept_in(SECRETS)


def erase() -> None:
    """Remove the data of an earlier run.

    :raises Refusal: if the data isn't ours.
    """
    if any(os.environ.get(name) for name in services.LOGIN_SETTINGS):
        raise Refusal("--fresh erases only a database of our own; empty the one that DATABASE_URL names yourself.")
    services.erase()
    stand_in.erase()
    for file in (SECRETS, sample.KEPT, sample.SHOWN):
        file.unlink(missing_ok=True)


def choose_ports(wanted: int | None) -> tuple[int, int]:
    """Ports of the portal and the console: the wanted ones, the usual ones, or any that are free.

    :raises Refusal: if a wanted one is taken.
    """
    if wanted is None:
        return ports.preferred_or_free(PORTAL_PORT), ports.preferred_or_free(OPERATOR_PORT)
    for port in (wanted, wanted + 1):
        if not ports.is_free(port):
            raise Refusal(f"Port {port} is taken; give another one with --port.")
    return wanted, wanted + 1


def prepare_database(environment: Environment, parts: services.Services) -> None:
    """Roles, schema and, when the database is empty, sample data."""
    if parts.may_bootstrap:
        with step("Database logins"):
            sample.manage(environment, "bootstrap_roles")
    with step("Migrations"):
        sample.manage(environment, "migrate", "--verbosity", "0")
    sample.ensure(environment)


def start_portal(supervisor: Supervisor) -> None:
    """Start web, console, worker and beat and wait until each answers."""
    portal_port, operator_port = (urlsplit(supervisor.environment[name]).port for name in ("PORTAL_URL", "PORTAL_OPERATOR_URL"))
    with step("Portal, console, worker, beat"):
        for part in (
            portal_processes.portal(portal_port or 0),
            portal_processes.operators(operator_port or 0),
            portal_processes.worker(),
            portal_processes.beat(),
        ):
            supervisor.start(part)
        readiness.wait(supervisor)


def announce(environment: Environment, supervisor: Supervisor, parts: services.Services) -> None:
    """Print the addresses and sign-ins, write var/demo.json, and note that all is ready."""
    shown = sample.show(environment)
    line(
        f"\nReady after {elapsed():.1f} s\n\n  Portal              {shown['url']}\n  Operators' console  {shown['operator_url']}\n"
    )
    for row in sample.table(shown["logins"]):
        line(f"  {row}")
    line("\n  Also in var/demo.json, with the sample providers' API keys. Logs: var/log/. Stop: Ctrl-C, or bin/demo --stop.")
    if stand_in.NAME in supervisor.ids():
        line(f"\n  Payments go to a stand-in that takes test numbers and moves no money: {environment['PSP_API_BASE']}")
    note(environment, supervisor, parts)


def note(environment: Environment, supervisor: Supervisor, parts: services.Services) -> None:
    """Write down where everything runs."""
    addresses = {"url": environment["PORTAL_URL"], "operator_url": environment["PORTAL_OPERATOR_URL"]}
    running.note({"supervisor": os.getpid(), **addresses, "processes": {**supervisor.ids(), **parts.ids()}})


def watch(environment: Environment, supervisor: Supervisor, parts: services.Services) -> None:
    """Stay until someone asks for the end; what ends by itself is started again."""
    while True:
        time.sleep(WATCH_INTERVAL)
        mended = [parts.mend(), supervisor.mend()]
        if any(mended):
            note(environment, supervisor, parts)
