"""The download of a stored document, beside a static file through the same server: granian over HTTP, as it is deployed."""

from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client

from billing.actions.documents import make_missing_documents
from billing.models import ContractDocument
from tests import cast
from tests.bench.timing import beside, result
from tests.billing.books import sign
from tests.services import server
from tests.services.cluster import Run

A_ROUND = 20


def contract(stage, rounds):
    """The contract's paper, for who may have it."""
    sign(stage.hundred.provider, committed=100)
    make_missing_documents()
    size = len(ContractDocument.objects.get(provider=stage.hundred.provider).content)
    name, near = static_file_near(size)
    with portal() as connection:
        paper = asks(connection, "/account/contract/", cast.sign_in(Client(), stage.hundred).cookies)
        timed = beside(asks(connection, f"/static/{name}"), paper, rounds=rounds)
    floor = f"a static file of {near:,} bytes"
    return result("contract's PDF", f"{size:,} bytes", floor, timed, kind="times", goal=10, each=A_ROUND)


def static_file_near(size):
    """The name of the static file that is nearest in size, and its size."""
    files = {name: Path(storage.path(name)).stat().st_size for finder in get_finders() for name, storage in finder.list([])}
    return min(files.items(), key=lambda file: abs(file[1] - size))


@contextmanager
def portal():
    """A connection to the real server over the stage's database."""
    with TemporaryDirectory() as folder:
        running = server.start(Run(Path(folder), {}), {})
        try:
            yield HTTPConnection(urlsplit(running.url).netloc)
        finally:
            server.stop(running)


def asks(connection, path, cookies=None):
    """Downloads it a few times over the open connection; loud when it is not answered."""
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookies[settings.SESSION_COOKIE_NAME].value}"} if cookies else {}

    def ask():
        for _ in range(A_ROUND):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.status
            answer.read()

    return ask
