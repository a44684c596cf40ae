"""Redis may vanish at any moment: signing in and asking for mail go on, within a second."""

import socket
import time

import pytest
from celery import current_app

from msp_portal.lib import nudge
from msp_portal.lib.models import OutboxMessage
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hanging_broker(monkeypatch):
    """It takes connections and never answers, which costs more time than one that refuses."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setitem(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{listening.getsockname()[1]}/0")
        monkeypatch.setattr(nudge.broker, "away_until", 0.0)
        yield


@pytest.fixture
def post(client, django_capture_on_commit_callbacks):
    """Post as the server does; the answer, and the seconds that each thing took that follows the commit."""

    def post(path, fields):
        with django_capture_on_commit_callbacks() as callbacks:
            answer = client.post(path, fields)
        return answer, [seconds_of(callback) for callback in callbacks]

    return post


def test_the_mail_waits_in_the_outbox_and_the_page_does_not(post, cast):
    answer, waits = post("/sign-in/reset/", {"email": cast.northwind.owner.email})
    assert answer.status_code == 200
    assert len(waits) == 1
    assert waits[0] < 0.5
    assert not nudge.broker.is_worth_asking(), "the broker was asked, and did not answer"
    assert OutboxMessage.objects.get().sent_at is None


def test_signing_in_asks_no_broker(post, cast):
    answer, waits = post("/sign-in/", {"email": cast.northwind.owner.email, "password": PASSWORD})
    assert (answer.status_code, waits) == (302, [])


def seconds_of(call):
    begun = time.monotonic()
    call()
    return time.monotonic() - begun
