"""The connection ends without an answer, as when a cable is pulled.

This is why the stand-in runs on Werkzeug's own server: it hands out the socket, which servers for production don't.
"""

import socket
from contextlib import suppress

from werkzeug.wrappers import Request, Response


def hang_up(request: Request) -> Response:
    """Close the connection; the response that is returned reaches nobody."""
    with suppress(OSError):
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()
