"""The payment provider's stand-in: one process a test worker, with a state of its own, as new for each test."""

import json
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from setup import ports, processes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30
SECRET_KEY = "sk_test_stand_in"
WEBHOOK_SECRET = "whsec_stand_in"
CONTROL_KEY = "control"
GOOD_CARD = {"number": "4242424242424242", "expiry": "12/34", "name": "Ada Adler"}
GOOD_ACCOUNT = {"routing": "110000000", "number": "000123456789", "name": "Ada Adler"}
GOOD_IBAN = {"number": "DE89370400440532013000", "name": "Ada Adler"}


@dataclass
class StandIn:
    """A running stand-in. `settings` are Django's to speak to it, `environment` the same for a process of the portal."""

    port: int
    folder: Path
    process: object = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self):
        return {
            "PSP_SECRET_KEY": SECRET_KEY,
            "PSP_API_BASE": self.url,
            "PSP_WEBHOOK_SECRETS": [WEBHOOK_SECRET],
            "PSP_HOSTED_ORIGIN": self.url,
            "PSP_TIMEOUT": 15.0,
        }

    @property
    def environment(self):
        texts = {name: value[0] if isinstance(value, list) else str(value) for name, value in self.settings.items()}
        return {**texts, "PSP_TIMEOUT": "15"}

    def start(self):
        own = {
            "STAND_IN_PORT": str(self.port),
            "STAND_IN_SECRET_KEY": SECRET_KEY,
            "STAND_IN_CONTROL_KEY": CONTROL_KEY,
            "STAND_IN_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "STAND_IN_STATE": str(self.folder / "state.sqlite3"),
            "STAND_IN_BANK_DELAY": "86400",
        }
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "payment_stand_in"]
            self.process = processes.start(command, log=log, env={**os.environ, **own}, cwd=ROOT)
        until = time.monotonic() + PATIENCE
        while self.get("/readyz", patient=True)[0] != 200:
            assert self.process.poll() is None, f"the stand-in ended:\n{(self.folder / 'log').read_text()}"
            assert time.monotonic() < until, "the stand-in does not answer"
            time.sleep(0.02)

    def stop(self):
        processes.stop(self.process)

    def control(self, act, **wanted):
        """Carry out an act of payment_stand_in/control.py."""
        body = json.dumps(wanted).encode()
        request = urllib.request.Request(f"{self.url}/control/{act}", body, {"Stand-In-Control-Key": CONTROL_KEY})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def fault(self, action, path="", times=1):
        """Let the next calls whose method and path contain `path` fail: drop_before, drop_after, 500_before, 500_after, delay:1.5."""
        self.control("fault", action=action, path=path, times=times)

    def objects(self, kind):
        """All objects of a kind (`customer`, `payment_intent`, `charge`, `refund`, …), the oldest first."""
        return self.control("objects", kind=kind)

    def charges(self, status="succeeded"):
        """All charges that ended so; money was moved by those that succeeded, and by no other."""
        return [charge for charge in self.objects("charge") if charge["status"] == status]

    def events(self):
        """All events, the oldest first: `event`, `body` as it is sent, `delivered`, `attempts`."""
        return self.control("events")

    def get(self, address, *, patient=False):
        """Status, address and text of a page, after its redirects."""
        return visit(self.url + address if address.startswith("/") else address, patient=patient)

    def pay_page(self, url, **form):
        """Fill in the hosted page; status, address and text of where it leads. Without a form: the test card."""
        return visit(url, form or GOOD_CARD)

    def answer_page(self, url, answer="confirm"):
        """Confirm or refuse on the page of the card's bank."""
        return visit(url, {"answer": answer})


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are told and not followed, as they may lead to addresses that nobody serves."""

    def redirect_request(self, *more):
        return None


BROWSER = urllib.request.build_opener(Stay)


def visit(url, form=None, *, patient=False):
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with BROWSER.open(url, body, timeout=PATIENCE) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", url), error.read().decode()
    except OSError:
        if patient:
            return None, url, ""
        raise


def problem_on(page):
    """The problem that a hosted page tells."""
    found = re.search(r'role="alert">([^<]*)<', page)
    return found[1] if found else ""


@pytest.fixture(scope="session")
def stand_in_process():
    """The stand-in's process of this test worker."""
    with tempfile.TemporaryDirectory(prefix="stand-in-") as folder:
        running = StandIn(ports.any_free(), Path(folder))
        running.start()
        yield running
        running.stop()


@pytest.fixture
def stand_in(stand_in_process, settings):
    """The payment provider's stand-in, as new, and Django's settings on it."""
    if stand_in_process.process.poll() is not None:
        stand_in_process.start()
    stand_in_process.control("reset")
    for name, value in stand_in_process.settings.items():
        setattr(settings, name, value)
    return stand_in_process
