"""Finding the browser for the tests."""

import os
import shutil
from pathlib import Path

from . import places

SETTING = "PORTAL_CHROMIUM"
PROGRAMS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")


def find() -> Path | None:
    """The browser that PORTAL_CHROMIUM names, one on the PATH or one that was unpacked for this clone; None without any."""
    named = os.environ.get(SETTING)
    candidates = [named, *map(shutil.which, PROGRAMS), str(unpacked())]
    return next((Path(found) for found in candidates if found and Path(found).exists()), None)


def unpacked() -> Path:
    """Where the browser of the npm package is started from, if it was unpacked."""
    return places.VAR / "native" / "chromium" / "run"
