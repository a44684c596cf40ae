"""bin/test: everything that must hold, in the order in which it fails fastest."""

import argparse
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import chromium, packages, pango, places, postgres_binaries, processes, throw_away
from .portal_environment import Environment
from .say import Refusal, elapsed, line, step, warn
from .supervisor import Stopped, listen_for_the_end

PROGRAMS = places.VENV / "bin"
WORKERS = "2"
OLDEST_POSTGRES = 15
WITHOUT_DATABASE = ("tests/journeys", "tests/bench", "tests/setup/test_demo.py")
Check = tuple[str, list[str], Environment]


def main(arguments: list[str]) -> int:
    """Run the checks and the tests; answers 0 when all hold."""
    options, for_pytest = parse(arguments)
    listen_for_the_end()
    try:
        packages.ensure("dev")
        environment = {**pango.ensure(), **chromium.ensure(), **places.writable_home(), "PYTHONUNBUFFERED": "1"}
        if options.full:
            environment["PORTAL_FULL"] = "1"
        failed = [] if for_pytest else list(check_all(environment))
        code = run_pytest(environment, for_pytest, full=options.full)
    except Stopped:
        return 130
    if failed:
        warn(f"Failed before the tests: {', '.join(failed)}.")
    return code or int(bool(failed))


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Our own options, and what is for pytest."""
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description="Check format, lint, types, import contracts, migrations and deployment settings, then run all tests.",
        epilog="Any other argument goes to pytest, which then runs alone: bin/test -k seats, bin/test tests/races.",
        allow_abbrev=False,
    )
    parser.add_argument("--full", action="store_true", help="the full numbers, and the database tests on PostgreSQL 15 too")
    return parser.parse_known_args(arguments)


def check_all(environment: Environment) -> Iterator[str]:
    """Run every check and yield the titles of those that fail, with what they said."""
    with throw_away.services() as services:
        as_superuser = {"DATABASE_OWNER_URL": services.cluster.admin_url}  # there are no other logins in it
        settings = {**services.environment("postgres"), **as_superuser, **environment}
        for title, command, extra in checks():
            with step(title) as notes:
                answer = run(command, {**settings, **extra})
                notes.append("" if answer.returncode == 0 else "FAILED")
            if answer.returncode != 0:
                line((answer.stdout + answer.stderr).rstrip())
                yield title


def checks() -> list[Check]:
    """Title, command line and particular environment of each check."""
    manage = [str(places.PYTHON), str(places.ROOT / "manage.py")]
    deployed = {"PORTAL_LOOPBACK": "0", "PORTAL_LOGIN": "web", "PORTAL_URL": "https://portal.example"}
    return [
        ("Format (ruff)", [program("ruff"), "format", "--check", "--output-format", "concise", "."], {}),
        ("Lint (ruff)", [program("ruff"), "check", "--output-format", "concise", "."], {}),
        ("Types (mypy)", [program("mypy")], {}),
        ("Import contracts", [program("lint-imports")], {}),
        ("Migrations are complete", [*manage, "makemigrations", "--check", "--dry-run"], {}),
        ("Settings of a server", [*manage, "check", "--deploy", "--fail-level", "WARNING"], deployed),
    ]


def run_pytest(environment: Environment, arguments: list[str], *, full: bool) -> int:
    """Run the tests, on PostgreSQL 15 first if all numbers are asked for; pytest's own closing line is printed last."""
    codes = []
    if full and (oldest := oldest_postgres()):
        line(f"\n  On PostgreSQL {OLDEST_POSTGRES}")
        left_out = [f"--ignore={folder}" for folder in WITHOUT_DATABASE]
        codes.append(pytest({**environment, throw_away.BINARIES_SETTING: str(oldest)}, [*left_out, *arguments]))
    line(f"\n  Tests, {elapsed():.0f} s after the start")
    codes.append(pytest(environment, arguments))
    return max(codes)


def oldest_postgres() -> Path | None:
    """The programs of PostgreSQL 15, if this machine has them."""
    folder = postgres_binaries.INSTALLED / str(OLDEST_POSTGRES) / "bin"
    return folder if postgres_binaries.probe(folder, processes.service_account()) else None


def pytest(environment: Environment, arguments: list[str]) -> int:
    """Run pytest in this terminal, in parallel unless told otherwise."""
    own_number = any(argument.startswith(("-n", "--numprocesses")) for argument in arguments)
    parallel = [] if own_number else ["-n", WORKERS]
    command = [str(places.PYTHON), "-m", "pytest", *parallel, *arguments]
    process = subprocess.Popen(command, cwd=places.ROOT, env={**os.environ, **environment})
    try:
        return process.wait()
    except Stopped as stopped:
        if stopped.signal != signal.SIGINT:  # Ctrl-C reached pytest as well; give it the time to clean up
            process.send_signal(signal.SIGINT)
        process.wait()
        raise


def run(command: list[str], environment: Environment) -> subprocess.CompletedProcess[str]:
    """Run one check in the clone and keep what it says."""
    settings = {**os.environ, **environment}
    return subprocess.run(command, cwd=places.ROOT, env=settings, capture_output=True, text=True, check=False)


def program(name: str) -> str:
    """A program of `.venv`.

    :raises Refusal: if it isn't there.
    """
    if not (PROGRAMS / name).exists():
        raise Refusal(f"{PROGRAMS / name} is missing: remove .venv and run this again.")
    return str(PROGRAMS / name)
