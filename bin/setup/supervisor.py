"""The portal's processes: started together, watched, started again when one ends by itself, stopped in order."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from . import places, processes
from .portal_environment import Environment
from .portal_processes import Part
from .say import line

PAUSE_BEFORE_RESTART = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """The person, or --stop, asked for the end, by `signal`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = number


@dataclass
class Supervised:
    """A part and its present process."""

    part: Part
    process: subprocess.Popen[bytes]


@dataclass
class Supervisor:
    """Runs parts with a common environment, each with a log file of its own."""

    environment: Environment
    running: list[Supervised] = field(default_factory=list)

    def start(self, part: Part) -> None:
        """Start one part."""
        self.running.append(Supervised(part, self.launch(part)))

    def launch(self, part: Part) -> subprocess.Popen[bytes]:
        """A process for the part; its output goes to its log."""
        with log_of(part.name).open("ab") as log:
            settings = {**os.environ, **self.environment, **part.environment}
            return processes.start(part.command, log=log, env=settings, cwd=places.ROOT)

    def ended(self) -> list[Part]:
        """The parts whose process is no more."""
        return [one.part for one in self.running if one.process.poll() is not None]

    def mend(self) -> bool:
        """Start every part again that ended by itself, after a pause so that a broken one doesn't spin; whether one had."""
        ended = [one for one in self.running if one.process.poll() is not None]
        for one in ended:
            line(f"  {one.part.name} ended with code {one.process.returncode}; starting it again, see {log_of(one.part.name)}")
            processes.kill_group(one.process.pid)
            time.sleep(PAUSE_BEFORE_RESTART)
            one.process = self.launch(one.part)
        return bool(ended)

    def stop(self) -> None:
        """Ask all to end, then wait for each."""
        for one in self.running:
            if one.process.poll() is None:
                one.process.terminate()
        for one in self.running:
            processes.stop(one.process)

    def ids(self) -> dict[str, int]:
        """The process of each part."""
        return {one.part.name: one.process.pid for one in self.running}


def log_of(name: str) -> Path:
    """The file of a part's output, for its owner to read."""
    folder = places.state_folder() / "log"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / f"{name}.log"


def listen_for_the_end() -> None:
    """Let Ctrl-C and TERM raise `Stopped`, also in a process that a background shell started with Ctrl-C ignored."""

    def stop(number: int, frame: FrameType | None) -> None:
        for sig in SIGNALS:
            signal.signal(sig, signal.SIG_IGN)
        raise Stopped(number)

    for sig in SIGNALS:
        signal.signal(sig, stop)
