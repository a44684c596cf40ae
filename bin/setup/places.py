"""Where things lie: the clone, its state folder and its Python packages."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def state_folder() -> Path:
    """The git-ignored folder of everything that the commands keep; made when missing."""
    VAR.mkdir(exist_ok=True)
    return VAR


def site_packages() -> Path:
    """The folder of the installed packages of this clone."""
    found = sorted((VENV / "lib").glob("python3*/site-packages"))
    if not found:
        raise FileNotFoundError(f"no packages under {VENV}")
    return found[-1]


def system_folder() -> Path:
    """A folder outside the clone for what another user of the system must reach, one for each clone."""
    return Path("/var/lib") / f"msp-portal-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


def writable_home() -> dict[str, str]:
    """Settings that give tools a cache in `var/` where the home folder can't be written to, as that of `nobody`."""
    if os.access(Path.home(), os.W_OK):
        return {}
    cache = str(state_folder() / "cache")
    return {
        "XDG_CACHE_HOME": cache,
        "UV_CACHE_DIR": f"{cache}/uv",
        "PIP_CACHE_DIR": f"{cache}/pip",
        "npm_config_cache": f"{cache}/npm",
    }
