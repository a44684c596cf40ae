"""Starting and stopping child processes, each by its own id and never by a name."""

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
SERVICE_USERS = ("postgres", "nobody")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Account:
    """A user of the system that a service runs as."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """Whom services run as when we are root, because Postgres refuses root; None when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in SERVICE_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the users {', '.join(SERVICE_USERS)} exists")


def run_as(account: Account | None, command: Sequence[str | Path], **more: object) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end as `account`, from the root folder; its output is returned as text."""
    given = {"cwd": "/", "capture_output": True, "text": True, **identity(account), **more}
    return subprocess.run([str(part) for part in command], check=False, **given)  # type: ignore[call-overload,no-any-return]


def start(
    command: Sequence[str | Path],
    *,
    log: IO[bytes],
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
    dies_with_us: bool = True,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it gets `death_signal` when the process that started it ends."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if dies_with_us:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal))

    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=dict(env) if env is not None else None,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - only the main thread starts children
        **identity(account),
    )


def identity(account: Account | None) -> dict[str, object]:
    """The arguments of subprocess that make a child run as `account`."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def stop(process: subprocess.Popen[bytes], sig: signal.Signals = signal.SIGTERM, patience: float = 10) -> None:
    """Ask the process to end and wait for it; after `patience` seconds it and the children that it left are killed."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    kill_group(process.pid)


def kill_group(pid: int) -> None:
    """Kill what is left of the group that the process led; `start` made it, so nobody else is in it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Whether a process of that id exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(pid: int, patience: float) -> bool:
    """Whether the process of that id ended within `patience` seconds."""
    until = time.monotonic() + patience
    while is_alive(pid):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
