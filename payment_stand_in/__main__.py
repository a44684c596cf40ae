"""`python -m payment_stand_in`: serve until asked to end."""

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Final

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from payment_stand_in import api, control, hosted, outbox, settlement
from payment_stand_in.settings import Settings, from_environment
from payment_stand_in.state import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TICK: Final = 0.2
LARGEST_BODY: Final = 1_000_000


class Quiet(WSGIRequestHandler):
    """Writes no line a request, as addresses of pages are as good as keys."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class StandIn:
    """The WSGI application: the API, the control address, and the pages."""

    def __init__(self, memory: Memory, settings: Settings) -> None:
        self.memory = memory
        self.settings = settings

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Answer one request."""
        request = Request(environ)
        request.max_content_length = LARGEST_BODY
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        """By the first part of its address."""
        door = {"v1": api.answer, "control": control.answer}.get(request.path.split("/")[1], hosted.answer)
        return door(request, self.memory, self.settings)


def keep_time(memory: Memory, settings: Settings, ending: threading.Event) -> None:
    """Until the end: let happen what is due, and send what was told."""
    while not ending.wait(TICK):
        with memory.transaction() as state:
            settlement.settle_banks(state, settings)
            settlement.bring_returns(state)
        outbox.deliver_due(memory, settings)


def main() -> None:
    """Serve on the loopback address until TERM or Ctrl-C."""
    settings, ending = from_environment(), threading.Event()
    memory = Memory(settings.state)
    server = make_server("127.0.0.1", settings.port, StandIn(memory, settings), threaded=True, request_handler=Quiet)

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        keep_time(memory, settings, ending)  # in the main thread: should it fail, the process ends and says why
    finally:
        server.shutdown()
        server.server_close()
        memory.close()


if __name__ == "__main__":
    main()
