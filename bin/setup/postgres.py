"""A Postgres server of our own on the loopback address."""

import os
import secrets
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import ports, processes
from .postgres_binaries import Binaries
from .say import Refusal

SUPERUSER = "postgres"
TRIES = 4
# Tests lose nothing when the machine stops; everyone else would.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Cluster:
    """One data folder and the server over it."""

    binaries: Binaries
    folder: Path
    password: str
    account: processes.Account | None = None
    settings: dict[str, str] = field(default_factory=dict)
    dies_with_us: bool = True
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def admin_url(self) -> str:
        """The address of the superuser's connection."""
        return f"postgresql://{SUPERUSER}:{self.password}@{ports.LOOPBACK}:{self.port}/postgres"

    def create(self) -> None:
        """Make the data folder unless it stands already.

        :raises Refusal: if initdb fails, or the folder is of another version.
        """
        if (self.folder / "PG_VERSION").exists():
            self.refuse_other_version()
            return
        own_folder(self.folder, self.account)
        with password_file(self.password, self.account) as pwfile:
            command: list[str | Path] = [self.binaries.program("initdb"), "-D", self.folder, f"--username={SUPERUSER}"]
            command += ["--auth=scram-sha-256", f"--pwfile={pwfile.name}", "--encoding=UTF8", "--no-instructions"]
            answer = processes.run_as(self.account, [*command, *locale_options(self.binaries.major), *self.sync_option()])
        if answer.returncode != 0:
            raise Refusal(f"initdb failed: {answer.stderr.strip()}")

    def refuse_other_version(self) -> None:
        """:raises Refusal: if these programs can't read the data folder."""
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != str(self.binaries.major):
            raise Refusal(
                f"{self.folder} was made by PostgreSQL {made_by}, not {self.binaries.major}: bin/demo --fresh starts over."
            )

    def sync_option(self) -> list[str]:
        """Tells initdb whether the folder has to survive a power cut."""
        return ["--no-sync"] if self.settings.get("fsync") == "off" else []

    def start(self, preferred_port: int = 0) -> None:
        """Start the server and return when it accepts connections.

        :raises Refusal: if it doesn't start on any of a few ports.
        """
        for attempt in range(TRIES):
            self.port = ports.preferred_or_free(preferred_port) if preferred_port and attempt == 0 else ports.any_free()
            self.process = self.launch()
            if self.is_ready(patience=30):
                return
            self.stop()
        raise Refusal(f"Postgres did not start; the last lines of {self.log}: {self.log_tail()}")

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the server process, its output in the log."""
        given = {
            "listen_addresses": ports.LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self.settings,
        }
        command = [str(self.binaries.program("postgres")), "-D", str(self.folder)]
        for name, text in given.items():
            command += ["-c", f"{name}={text}"]
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            return processes.start(
                command, log=log, account=self.account, dies_with_us=self.dies_with_us, death_signal=signal.SIGINT
            )

    def is_ready(self, patience: float) -> bool:
        """Whether the server said in its own state file that it is ready, within `patience` seconds."""
        until = time.monotonic() + patience
        state = self.folder / "postmaster.pid"
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            lines = state.read_text().splitlines() if state.exists() else []
            if len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """End the server at once but cleanly: sessions are cut, everything committed is on disk."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT, patience=30)

    @property
    def log(self) -> Path:
        """The file of the server's output, beside its data folder."""
        return self.folder.with_name(f"{self.folder.name}.log")

    def log_tail(self) -> str:
        """The last lines of the log in one."""
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-3:]) if self.log.exists() else "none"


def locale_options(major: int) -> list[str]:
    """UTF-8 with upper and lower case for all letters and bytewise order, on every supported version."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def own_folder(folder: Path, account: processes.Account | None) -> None:
    """Make `folder`, readable only by the one that the server runs as."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def password_file(password: str, account: processes.Account | None) -> "tempfile._TemporaryFileWrapper[str]":
    """A file that only `account` can read, gone when closed; initdb refuses anything else."""
    handle = tempfile.NamedTemporaryFile("w", prefix="msp-portal-")  # noqa: SIM115 - the caller closes it
    handle.write(password)
    handle.flush()
    if account is not None:
        os.chown(handle.name, account.uid, account.gid)
    return handle


def new_password() -> str:
    """A random password that needs no quoting in an address."""
    return secrets.token_hex(24)
