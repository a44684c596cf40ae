"""Whether the portal's processes answer."""

import os
import subprocess
import time
import urllib.error
import urllib.request

from . import places, portal_processes, stand_in
from .portal_environment import Environment
from .say import Refusal
from .supervisor import Supervisor, log_of

PATIENCE = 60
LINE_SHOWN = 300


def wait(supervisor: Supervisor) -> None:
    """Return when both sites (and the payment provider's stand-in, if it runs) say that they are ready and a worker answered.

    :raises Refusal: if a process ends, or something doesn't answer in time.
    """
    environment, until = supervisor.environment, time.monotonic() + PATIENCE
    waiting = ["PORTAL_URL", "PORTAL_OPERATOR_URL", *(["PSP_API_BASE"] if stand_in.NAME in supervisor.ids() else [])]
    while waiting := [name for name in waiting if not is_ready(environment[name])]:
        refuse_if_ended(supervisor)
        if time.monotonic() > until:
            raise Refusal(f"{environment[waiting[0]]}/readyz does not answer 200; see the logs in {log_of('web').parent}.")
        time.sleep(0.1)
    while not worker_answers(environment):
        refuse_if_ended(supervisor)
        if time.monotonic() > until:
            raise Refusal(f"The worker does not answer; see {log_of('worker')}.")


def refuse_if_ended(supervisor: Supervisor) -> None:
    """:raises Refusal: if a process is no more."""
    for part in supervisor.ended():
        last = " | ".join(line[:LINE_SHOWN] for line in log_of(part.name).read_text(errors="replace").splitlines()[-3:])
        raise Refusal(f"{part.name} ended while starting; the last lines of {log_of(part.name)}: {last}")


def is_ready(url: str) -> bool:
    """Whether the site answers 200 at /readyz."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - an address of our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def worker_answers(environment: Environment) -> bool:
    """Whether a worker took part in a round of pings over the broker."""
    settings = {**os.environ, **environment, "PORTAL_LOGIN": "system"}
    command = portal_processes.celery("inspect", "ping", "--timeout", "1")
    return subprocess.run(command, env=settings, cwd=places.ROOT, capture_output=True, check=False).returncode == 0
