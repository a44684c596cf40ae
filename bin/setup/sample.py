"""The sample data and its sign-ins, which only the loading command knows, so they are kept from then on."""

import json
import os
import re
import subprocess
from typing import Any
from urllib.parse import urlsplit

from . import places
from .own_secrets import write_private
from .portal_environment import Environment
from .say import Refusal, step, warn

KEPT = places.VAR / "sample.json"
SHOWN = places.VAR / "demo.json"
EXIT_NOT_EMPTY = 3  # of load_sample_data
COLUMNS = ("role", "email", "password", "provider", "organization")


def manage(environment: Environment, *arguments: str) -> str:
    """Run one of the portal's commands and answer what it printed.

    :raises Refusal: if it fails, with its last words.
    """
    answer = attempt(environment, *arguments)
    if answer.returncode != 0:
        raise Refusal(f"manage.py {arguments[0]} failed: {reason(answer.stderr or answer.stdout)}")
    return answer.stdout


def attempt(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the portal's commands, however it ends."""
    command = [str(places.PYTHON), str(places.ROOT / "manage.py"), *arguments]
    settings = {**os.environ, **environment}
    return subprocess.run(command, env=settings, cwd=places.ROOT, capture_output=True, text=True, check=False)


def reason(said: str) -> str:
    """The end of what a failed command said, from the exception on if it ended with one."""
    lines = said.strip().splitlines()
    begins = [place for place, text in enumerate(lines) if re.match(r"([a-z_]\w*\.)*[A-Z]\w*[a-z]\w*: ", text)]
    return " | ".join(lines[begins[-1] :] if begins else lines[-3:])


def ensure(environment: Environment) -> None:
    """Load the sample data unless this database got it before, and keep the sign-ins that it told.

    :raises Refusal: if the loading fails.
    """
    if kept().get("database") == place_of(environment):
        return
    with step("Sample data") as notes:
        answer = attempt(environment, "load_sample_data", "--json")
        if answer.returncode not in {0, EXIT_NOT_EMPTY}:
            raise Refusal(f"The sample data could not be loaded: {reason(answer.stderr)}")
        told = told_by(answer.stdout)
        notes.append(f"{len(told['logins'])} sign-ins" if told["logins"] else "none, as the database holds data")
    if not told["logins"]:
        warn("The database holds data whose sign-ins this clone doesn't know, so var/demo.json lists none.")
    write_private(KEPT, json.dumps({**told, "database": place_of(environment)}, indent=2, ensure_ascii=False))


def told_by(printed: str) -> dict[str, Any]:
    """What the command said in its last line; empty lists if it loaded nothing."""
    try:
        said = json.loads(printed.strip().splitlines()[-1])
        return {"providers": said["providers"], "logins": said["logins"]}
    except (IndexError, ValueError, KeyError, TypeError):
        return {"providers": [], "logins": []}


def kept() -> dict[str, Any]:
    """What was kept from the loading; empty if nothing was."""
    if not KEPT.exists():
        return {}
    found: dict[str, Any] = json.loads(KEPT.read_text())
    return found


def place_of(environment: Environment) -> str:
    """Which database it is: our own keeps its name when its port changes."""
    parts = urlsplit(environment["DATABASE_URL"])
    given = any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_ADMIN_URL"))
    return f"{parts.hostname}:{parts.port}{parts.path}" if given else "our own"


def show(environment: Environment) -> dict[str, Any]:
    """Write var/demo.json and answer what it holds."""
    told = kept()
    shown = {"url": environment["PORTAL_URL"], "operator_url": environment["PORTAL_OPERATOR_URL"]}
    shown |= {"providers": told["providers"], "logins": told["logins"]}
    write_private(SHOWN, json.dumps(shown, indent=2, ensure_ascii=False) + "\n")
    return shown


def table(logins: list[dict[str, str | None]]) -> list[str]:
    """The sign-ins as lines of aligned columns under a head."""
    rows = [[name.title() for name in COLUMNS], *([login[name] or "" for name in COLUMNS] for login in logins)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
