"""The real web server, logged in as the real role, over a worker's committed database."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from setup import portal_processes, ports, processes
from tests.services.databases import ROOT, without_portal_settings

PATIENCE = 60


@dataclass(frozen=True)
class Server:
    """A running site: its address, and where its output goes."""

    url: str
    log: os.PathLike
    process: subprocess.Popen


def start(run, environment, *, site="portal"):
    """Start one site on a free port and return when it says that it is ready."""
    port = ports.any_free()
    url = f"http://127.0.0.1:{port}"
    part = portal_processes.portal(port) if site == "portal" else portal_processes.operators(port)
    address = "PORTAL_URL" if site == "portal" else "PORTAL_OPERATOR_URL"
    log = run.folder / f"{part.name}-{port}.log"
    settings = {**without_portal_settings(), **environment, **part.environment, address: url}
    with log.open("wb") as output:
        server = Server(url, log, processes.start(part.command, log=output, env=settings, cwd=ROOT))
    wait_until_ready(server)
    return server


def wait_until_ready(server):
    until = time.monotonic() + PATIENCE
    while status_of(f"{server.url}/readyz") != 200:
        assert server.process.poll() is None, f"the web server ended:\n{server.log.read_text()}"
        assert time.monotonic() < until, f"the web server is not ready:\n{server.log.read_text()}"
        time.sleep(0.05)


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def stop(server):
    processes.stop(server.process)
