"""The libraries and fonts that WeasyPrint draws PDFs with."""

import os
from pathlib import Path

from . import apt, places
from .packages import run
from .say import Refusal

PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"]
NATIVE = places.VAR / "native"

FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>/usr/share/fonts</dir>
  <dir>{native}/usr/share/fonts</dir>
  <cachedir>{native}/cache</cachedir>
</fontconfig>
"""


def ensure() -> dict[str, str]:
    """What the portal's processes need in their environment so that PDFs can be made.

    :raises Refusal: if the libraries are missing and can't be brought.
    """
    if draws({}):
        return {}
    if (unpacked := settings_of_unpacked()) and draws(unpacked):
        return unpacked
    if apt.install(PACKAGES, "Pango for PDFs") and draws({}):
        return {}
    if apt.unpack(PACKAGES, "Pango for PDFs", NATIVE):
        (NATIVE / "fonts.conf").write_text(FONTS.format(native=NATIVE))
        if draws(settings_of_unpacked()):
            return settings_of_unpacked()
    raise Refusal(f"The libraries that draw PDFs are missing: install {' '.join(PACKAGES)} (or their like on this system).")


def draws(settings: dict[str, str]) -> bool:
    """Whether WeasyPrint finds its libraries; asked of a child, because only loading them tells."""
    return run([places.PYTHON, "-c", "import weasyprint.text.ffi"], **settings).returncode == 0


def settings_of_unpacked() -> dict[str, str]:
    """The environment that leads to what was unpacked for this clone; empty if nothing was."""
    libraries = [found for pattern in ("usr/lib/*/*.so*", "lib/*/*.so*") for found in NATIVE.glob(pattern)]
    folders = sorted({library.parent for library in libraries})
    if not (NATIVE / "fonts.conf").exists() or not folders:
        return {}
    paths = [*map(str, folders), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
    return {"LD_LIBRARY_PATH": ":".join(paths), "FONTCONFIG_FILE": str(Path(NATIVE) / "fonts.conf")}
