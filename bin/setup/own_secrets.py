"""The secrets of this clone, made once and kept where only its owner reads them."""

import json
import os
import secrets
from dataclasses import asdict, fields
from pathlib import Path

from .portal_environment import Secrets


def new() -> Secrets:
    """Fresh secrets of 256 bits each, in hexadecimal digits, so that no address needs quoting."""
    return Secrets(**{field.name: secrets.token_hex(32) for field in fields(Secrets)})


def kept_in(path: Path) -> Secrets:
    """The secrets in the file; what it lacks, and the file itself, is made."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    made = Secrets(**{**asdict(new()), **kept})
    if asdict(made) != kept:
        write_private(path, json.dumps(asdict(made), indent=2))
    return made


def write_private(path: Path, text: str) -> None:
    """Replace the file as a whole by one that only its owner may read."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(path)
