"""bin/bench: the measures, on services that keep what they promise (fsync on)."""

import os
import subprocess
import sys
from contextlib import ExitStack, redirect_stdout

from . import packages, pango, places, throw_away
from .say import Refusal, line, step
from .supervisor import Stopped, listen_for_the_end

MEASURES = places.ROOT / "tests" / "bench"
DATABASE = "portal_bench"


def main(arguments: list[str]) -> int:
    """Set up services and an empty, migrated database, and run the measures with the given arguments.

    :raises Refusal: if there are no measures.
    """
    if not (MEASURES / "__main__.py").exists():
        raise Refusal(f"{MEASURES} has no __main__.py.")
    listen_for_the_end()
    with ExitStack() as at_the_end:
        try:
            with redirect_stdout(sys.stderr):  # the measures alone are the output, so that --json can be piped
                environment = set_up(at_the_end)
            measures = [str(places.PYTHON), "-m", "tests.bench", *arguments]
            return subprocess.run(measures, cwd=places.ROOT, env=environment, check=False).returncode
        except Stopped:
            line("  stopping")
    return 130


def set_up(at_the_end: ExitStack) -> dict[str, str]:
    """Packages, services and a migrated database; answers the environment for the measures."""
    packages.ensure("dev")
    native = pango.ensure()
    services = at_the_end.enter_context(throw_away.services(durable=True))
    environment = {**os.environ, **services.environment(DATABASE), **native, **places.writable_home()}
    for command in (["bootstrap_roles"], ["migrate", "--verbosity", "0"]):
        prepare(command, environment)
    return environment


def prepare(command: list[str], environment: dict[str, str]) -> None:
    """Run one of the portal's commands.

    :raises Refusal: if it fails.
    """
    with step(command[0]):
        answer = subprocess.run(
            [str(places.PYTHON), "manage.py", *command],
            cwd=places.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode != 0:
        raise Refusal(f"manage.py {command[0]} failed: {answer.stderr.strip()[-400:]}")
