"""Calling a URL that a customer named: one POST to an address that was judged, with limits on time and on what is read.

No redirect is followed, no proxy of the environment is used, nothing is tried twice, and certificates are checked against the name in the URL.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from msp_portal.lib.networks import Address
from msp_portal.lib.outside_addresses import NotFound, Target, addresses_of, target_of


class NoAnswer(Exception):
    """The call came to nothing. `code`: not_found, not_reached, not_trusted, too_slow, broken_off."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """Seconds for finding the address and for reaching it, seconds for the whole call, and bytes that are read of the answer."""

    connect: float
    call: float
    answer: int


@dataclass(frozen=True)
class Answer:
    """What came back: the status, and the beginning of the body as text, whatever it was."""

    status: int
    beginning: str


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> Answer:
    """Send `body`, and say what was answered.

    :raises NotAllowed: for a URL that is not called, or a name that leads where nothing may be sent.
    :raises NoAnswer: when nobody answered, or not in time.
    """
    ends_at = time.monotonic() + limits.call
    target = target_of(url)
    try:
        addresses = addresses_of(target, seconds=limits.connect)
    except NotFound:
        raise NoAnswer("not_found") from None
    connection = _Pinned(target, addresses, limits.connect, ends_at)
    try:
        connection.request("POST", target.path, body, {"Host": target.authority, **headers})
        answer = connection.getresponse()
        if connection.was_cut:  # in the middle of the head, which then seems to end there
            raise NoAnswer("too_slow")
        return Answer(answer.status, _beginning(answer, limits.answer))
    except (OSError, http.client.HTTPException) as fault:
        raise NoAnswer(connection.code_of(fault)) from fault
    finally:
        connection.end()


class _Pinned(http.client.HTTPConnection):
    """A connection to one of the addresses given, and to nowhere else; cut when its time is over, at whatever it is."""

    def __init__(self, target: Target, addresses: list[Address], patience: float, ends_at: float) -> None:
        super().__init__(target.host, target.port, timeout=patience)
        self.target, self.addresses, self.patience, self.ends_at = target, addresses, patience, ends_at
        self.was_cut = self.was_reached = False
        self.watch = threading.Timer(0, self._cut)
        self.wire: socket.socket | None = None  # http.client lets go of its own as soon as an answer without a length begins

    def connect(self) -> None:
        raw = self._reach()
        raw.settimeout(self._left())
        self.sock = self.wire = _encrypted(raw, self.target.host) if self.target.is_encrypted else raw
        self.was_reached = True
        self.watch = threading.Timer(self._left(), self._cut)
        self.watch.daemon = True
        self.watch.start()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def end(self) -> None:
        self.watch.cancel()
        self.close()

    def code_of(self, fault: Exception) -> str:
        if self.was_cut or isinstance(fault, TimeoutError):
            return "too_slow"
        if isinstance(fault, ssl.SSLError):
            return "not_trusted"
        return "broken_off" if self.was_reached else "not_reached"

    def _reach(self) -> socket.socket:
        fault: OSError = TimeoutError()
        for address in self.addresses:
            try:
                return socket.create_connection((str(address), self.target.port), timeout=min(self.patience, self._left()))
            except OSError as refusal:
                fault = refusal
        raise fault

    def _left(self) -> float:
        """Seconds, a little at the very end, so that it never means "no limit"."""
        return max(0.01, self.ends_at - time.monotonic())

    def _cut(self) -> None:
        """From another thread: whoever waits for this connection, in a handshake or for the next byte of an answer that drips, is let go."""
        self.was_cut = True
        if self.wire:
            with suppress(OSError):
                socket.socket.shutdown(self.wire, socket.SHUT_RDWR)


def _encrypted(raw: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)


def _beginning(answer: http.client.HTTPResponse, most: int) -> str:
    """The status was said, so an answer that breaks off or drips is worth what came of it in time."""
    read = b""
    with suppress(OSError, http.client.HTTPException):
        while len(read) < most and (more := answer.read1(most - len(read))):
            read += more
    return read.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
