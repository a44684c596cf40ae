"""bin/demo --detach: the same command in the background, shown until it is ready."""

import os
import signal
import subprocess
import sys
import time
from typing import IO

from . import places, processes, running
from .supervisor import log_of

OUTPUT = "demo"


def start(arguments: list[str]) -> int:
    """Start the demo in the background and print what it says until everything answers; answers the exit code."""
    with running.take_lock():
        pass  # refuses at once, in this terminal, if one runs already
    log = log_of(OUTPUT)
    with log.open("wb") as output:
        command = [sys.executable, "-m", "setup", "demo", *arguments]
        child = processes.start(command, log=output, cwd=places.ROOT, env=dict(os.environ), dies_with_us=False)
    with log.open() as said:
        try:
            return follow(child, said)
        except KeyboardInterrupt:
            processes.stop(child, signal.SIGTERM, patience=60)
            return 130


def follow(child: subprocess.Popen[bytes], said: IO[str]) -> int:
    """Print what `child` says until it is ready (0) or ended (its code)."""
    while True:
        code = child.poll()
        ready = running.noted().get("supervisor") == child.pid
        sys.stdout.write(said.read())
        sys.stdout.flush()
        if ready:
            return 0
        if code is not None:
            return code or 1
        time.sleep(0.1)
