"""The Python packages of this clone: exactly those of the lock, each checked against its hash."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import apt, places
from .say import Refusal, step

REQUIREMENTS = places.ROOT / "requirements"
STAMP = places.VENV / "installed-lock"
BUILD_CONSTRAINTS = REQUIREMENTS / "build-constraints.txt"


def ensure(kind: str) -> None:
    """Have the packages of `prod.lock` or `dev.lock` in `.venv`; a clone that once had the latter keeps them.

    :raises Refusal: if they can't be installed.
    """
    installed = STAMP.read_text().split() if STAMP.exists() else []
    kind = "dev" if "dev" in installed[:1] else kind
    wanted = [kind, fingerprint(kind)]
    if works() and installed == wanted:
        return
    make_environment()
    with step("Python packages") as notes:
        STAMP.unlink(missing_ok=True)
        notes.append(install(REQUIREMENTS / f"{kind}.lock"))
        STAMP.write_text(" ".join(wanted))


def fingerprint(kind: str) -> str:
    """A hash of everything that decides what gets installed."""
    text = (REQUIREMENTS / f"{kind}.lock").read_bytes() + BUILD_CONSTRAINTS.read_bytes()
    return hashlib.sha256(text).hexdigest()


def works() -> bool:
    """Whether `.venv` has a Python that starts and is new enough."""
    check = "import sys, encodings; sys.exit(sys.version_info < (3, 11))"
    return places.PYTHON.exists() and run([places.PYTHON, "-c", check]).returncode == 0


def make_environment() -> None:
    """Make `.venv` with the Python that runs this, unless one stands.

    :raises Refusal: if that Python can't.
    """
    if works():
        return
    if importlib.util.find_spec("ensurepip") is None and not apt.install(["python3-venv"], "venv for Python"):
        raise Refusal("This Python can't make virtual environments: install the package python3-venv.")
    with step("Python environment"):
        made = run([sys.executable, "-m", "venv", "--clear", places.VENV])
        if made.returncode != 0:
            raise Refusal(f"{sys.executable} -m venv failed: {last_line(made)}")


def install(lock: Path) -> str:
    """Install the lock by uv, or by pip where uv is not to be had; answers which.

    :raises Refusal: if both fail.
    """
    uv = find_uv()
    answer = with_uv(uv, lock) if uv else None
    if answer is not None and answer.returncode == 0:
        return "by uv"
    answer = with_pip(lock)
    if answer.returncode != 0:
        raise Refusal(f"The Python packages could not be installed (is the package index reachable?): {last_line(answer)}")
    return "by pip"


def find_uv() -> Path | None:
    """uv from the PATH or from the environment, where pip puts it first; None if that fails."""
    if on_path := shutil.which("uv"):
        return Path(on_path)
    own = places.VENV / "bin" / "uv"
    if not own.exists():
        run([places.PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", REQUIREMENTS / "installer.lock"])
    return own if own.exists() else None


def with_uv(uv: Path, lock: Path) -> subprocess.CompletedProcess[str]:
    """Make the environment hold the lock's packages and no others."""
    command: list[str | Path] = [
        uv,
        "pip",
        "sync",
        "--require-hashes",
        "--python",
        places.PYTHON,
        "--build-constraints",
        BUILD_CONSTRAINTS,
    ]
    return run([*command, lock], UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")


def with_pip(lock: Path) -> subprocess.CompletedProcess[str]:
    """The same by pip, which leaves packages that the lock no longer names."""
    command: list[str | Path] = [places.PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
    constraints = str(BUILD_CONSTRAINTS)  # by two names, as pip 25.3 renamed it
    return run(command, PIP_CONSTRAINT=constraints, PIP_BUILD_CONSTRAINT=constraints)


def run(command: Sequence[str | Path], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and keep what it says."""
    settings = {**os.environ, **places.writable_home(), **environment}
    return subprocess.run([str(part) for part in command], env=settings, cwd="/", capture_output=True, text=True, check=False)


def last_line(answer: subprocess.CompletedProcess[str]) -> str:
    """The last thing that a failed command said."""
    return next(reversed((answer.stderr or answer.stdout).strip().splitlines()), f"exit code {answer.returncode}")
