"""A receiver of webhooks on the loopback address: it remembers what it got, and answers what it is told to."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """`answers` are given in turn, the last one from then on: a status, or a function that is called with the handler."""

    answers: list = field(default_factory=lambda: [200])
    got: list = field(default_factory=list)
    url: str = ""

    def ids(self):
        return [headers["webhook-id"] for _path, headers, _body in self.got]


@contextmanager
def receiver(*answers):
    """A receiver that runs as long as the block."""
    told = Receiver(list(answers) or [200])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.got.append((self.path, dict(self.headers), body))
            answer = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            self.end_headers()
            self.wfile.write(b"<b>taken</b>" if answer == 200 else b"not now")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    told.url = f"http://127.0.0.1:{server.server_port}/hook?of=northwind"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def redirect_to(url):
    """An answer that sends the caller elsewhere."""

    def answer(handler):
        handler.send_response(307)
        handler.send_header("Location", url)
        handler.end_headers()

    return answer


def hold_until(event):
    """An answer that comes only when `event` is set."""

    def answer(handler):
        event.wait(20)
        handler.send_response(200)
        handler.end_headers()

    return answer


def drip_until(event):
    """An answer that never ends: a byte of a header now and then, so that no single wait is long."""

    def answer(handler):
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        while not event.wait(0.02):
            handler.connection.sendall(b"x")

    return answer
