"""The command lines of the portal's processes."""

from dataclasses import dataclass

from . import places, ports

WEB_WORKERS = 2
# Each worker answers this many requests at once; every one may hold one database connection.
WEB_THREADS = 4
TASK_WORKERS = 2


@dataclass(frozen=True)
class Part:
    """A process of the portal: its name, command line and what its environment has beyond the common one."""

    name: str
    command: list[str]
    environment: dict[str, str]


def web(name: str, site: str, login: str, port: int, workers: int = WEB_WORKERS) -> Part:
    """One of the two web sites, on the loopback address."""
    command = [str(places.PYTHON), "-m", "granian", "--interface", "wsgi", "--host", ports.LOOPBACK, "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", str(WEB_THREADS), "--no-ws", "--respawn-failed-workers"]
    return Part(name, [*command, "msp_portal.wsgi:application"], {"PORTAL_SITE": site, "PORTAL_LOGIN": login})


def portal(port: int, workers: int = WEB_WORKERS) -> Part:
    """The public site; it logs in as the weakest role."""
    return web("web", "portal", "web", port, workers)


def operators(port: int) -> Part:
    """The operators' console."""
    return web("operators", "operators", "system", port, workers=1)


def celery(*arguments: str) -> list[str]:
    """A command line of Celery for this portal."""
    return [str(places.PYTHON), "-m", "celery", "-A", "msp_portal", *arguments]


def worker() -> Part:
    """The tasks; processes and not threads, as WeasyPrint is not safe in threads."""
    arguments = ["worker", "--pool", "prefork", "--concurrency", str(TASK_WORKERS), "--loglevel", "INFO", "--without-gossip"]
    return Part("worker", celery(*arguments), {"PORTAL_LOGIN": "system"})


def beat() -> Part:
    """The clock that sends the regular tasks."""
    schedule = str(places.VAR / "beat-schedule")
    return Part("beat", celery("beat", "--schedule", schedule, "--pidfile=", "--loglevel", "INFO"), {"PORTAL_LOGIN": "system"})
