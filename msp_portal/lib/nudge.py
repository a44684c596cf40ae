"""Telling the worker that there is something to do, without ever making a page wait for it or fail."""

import time
from typing import Final

import kombu.transport.redis  # noqa: F401 - loaded at the start, not in the first request that needs it
import structlog
from celery import current_app

log = structlog.get_logger(__name__)

PATIENCE: Final = 0.1  # seconds for each step towards the broker
SWEEP: Final = "msp_portal.lib.tasks.sweep_outbox"
PAUSE: Final = 15.0  # seconds in which a broker that was away is not asked again


class Broker:
    """Whether the broker is worth asking: not for a while after it did not answer."""

    away_until = 0.0

    def is_worth_asking(self) -> bool:
        return time.monotonic() >= self.away_until

    def was_away(self) -> None:
        self.away_until = time.monotonic() + PAUSE


broker = Broker()


def worker(task: str = SWEEP) -> None:
    """Ask for a run of `task` now. When the broker is away its run of the next minute does it: beat asks for each of these, too."""
    if not broker.is_worth_asking():
        return
    try:
        _send(task)
    except Exception as fault:  # noqa: BLE001 - the row is written; no fault of the broker may reach the page
        broker.was_away()
        log.warning("broker.away", error=repr(fault))


def _send(task: str) -> None:
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "max_retries": 0,
    }
    with current_app.connection_for_write(transport_options=options, connect_timeout=PATIENCE) as connection:
        current_app.send_task(task, connection=connection, retry=False, ignore_result=True)
