"""bin/demo --stop and --status: what is asked of a demo that runs."""

import os
import signal

from . import processes, readiness, running
from .say import Refusal, line

PATIENCE = 60


def stop() -> int:
    """Stop the demo of this clone and wait until none of its processes is left."""
    pid = running.holder()
    if pid is None:
        line("The portal of this clone does not run.")
        return 0
    noted = running.noted().get("processes", {})
    os.kill(pid, signal.SIGTERM)
    if not processes.wait_until_gone(pid, PATIENCE):
        os.kill(pid, signal.SIGKILL)
    left = [name for name, child in noted.items() if not processes.wait_until_gone(child, 10)]
    if left:
        raise Refusal(f"Still running: {', '.join(f'{name} (process {noted[name]})' for name in left)}.")
    line("Stopped.")
    return 0


def status() -> int:
    """Say whether the demo runs and answers: code 0 if both, 1 if it doesn't answer, 3 if it doesn't run."""
    pid, noted = running.holder(), running.noted()
    if pid is None:
        line("The portal of this clone does not run.")
        return 3
    if not noted:
        line(f"The portal is starting (process {pid}).")
        return 1
    answers = {name: readiness.is_ready(noted[name]) for name in ("url", "operator_url")}
    for name, ready in answers.items():
        line(f"{noted[name]}  {'ready' if ready else 'not ready'}")
    line("  ".join(f"{name} {child}" for name, child in {"supervisor": pid, **noted["processes"]}.items()))
    return 0 if all(answers.values()) else 1
