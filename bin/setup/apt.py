"""Debian packages: installed for the system as root, unpacked for this clone as anybody else."""

import os
import shutil
import subprocess
from pathlib import Path

from . import places
from .say import step

OUR_OWN = places.VAR / "apt"


def install(names: list[str], title: str) -> bool:
    """Install the packages for the system; False if we aren't root, there is no apt, or it fails."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    with step(f"{title} (apt-get install)") as notes:
        done = as_root("install", "--yes", "--no-install-recommends", *names)
        if not done:
            done = as_root("update") and as_root("install", "--yes", "--no-install-recommends", *names)
        notes.append("" if done else "failed")
    return done


def as_root(*arguments: str) -> bool:
    """Whether apt-get did it, waiting a while for another apt."""
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120", *arguments]
    return subprocess.run(command, env=settings, capture_output=True, check=False).returncode == 0


def unpack(names: list[str], title: str, target: Path) -> bool:
    """Download the packages and those that they need and this system lacks, and unpack them into `target`."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return False
    with step(f"{title} (unpacked)") as notes:
        done = download(names, target / "packages") and all(
            quiet(["dpkg", "-x", str(package), str(target)]) for package in sorted((target / "packages").glob("*.deb"))
        )
        notes.append("" if done else "failed")
    return done


def download(names: list[str], folder: Path) -> bool:
    """Fetch the packages into `folder` with package lists of our own, as the system's may be empty or old."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for needed in ("state/lists/partial", "cache/archives/partial"):
        (OUR_OWN / needed).mkdir(parents=True, exist_ok=True)
    options = ["-qq", "-o", f"Dir::State={OUR_OWN}/state", "-o", f"Dir::Cache={OUR_OWN}/cache"]
    options += ["-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "Debug::NoLocking=1"]
    if not quiet(["apt-get", *options, "update"]):
        return False
    plan = ["apt-get", *options, "--simulate", "--no-install-recommends", "install", *names]
    answer = subprocess.run(plan, capture_output=True, text=True, check=False)
    missing = [line.split()[1] for line in answer.stdout.splitlines() if line.startswith("Inst ")]
    return answer.returncode == 0 and quiet(["apt-get", *options, "download", *missing], cwd=folder)


def quiet(command: list[str], cwd: Path | None = None) -> bool:
    """Whether the command ended well."""
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False).returncode == 0
