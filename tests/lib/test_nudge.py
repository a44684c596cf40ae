"""A broker that is away costs a page next to nothing, and fails none."""

import socket
import time

import pytest
from celery import current_app

from msp_portal.lib import nudge
from setup import ports


@pytest.fixture
def patient():
    """A nudge that has met no broker yet, and the seconds that one call takes."""
    nudge.broker.away_until = 0.0

    def seconds():
        begun = time.monotonic()
        nudge.worker()
        return time.monotonic() - begun

    yield seconds
    nudge.broker.away_until = 0.0


@pytest.fixture
def mute():
    """Something that takes connections and never answers, like a broker that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"redis://:secret@127.0.0.1:{listening.getsockname()[1]}/0"


def use(monkeypatch, url):
    monkeypatch.setitem(current_app.conf, "broker_write_url", url)


class TestABrokerThatIsAway:
    def test_costs_a_moment_when_it_refuses(self, monkeypatch, patient):
        use(monkeypatch, f"redis://127.0.0.1:{ports.any_free()}/0")
        assert patient() < 0.5
        assert not nudge.broker.is_worth_asking()

    def test_costs_a_moment_when_it_hangs(self, monkeypatch, patient, mute):
        use(monkeypatch, mute)
        assert patient() < 0.5
        assert not nudge.broker.is_worth_asking()

    def test_is_not_asked_again_for_a_while(self, monkeypatch, patient, mute):
        use(monkeypatch, mute)
        patient()
        assert patient() < 0.005

    def test_is_asked_again_afterwards(self, monkeypatch, patient):
        use(monkeypatch, f"redis://127.0.0.1:{ports.any_free()}/0")
        patient()
        monkeypatch.setattr(nudge, "PAUSE", 0)
        nudge.broker.was_away()
        sent = []
        monkeypatch.setattr(nudge, "_send", sent.append)
        patient()
        assert sent == [nudge.SWEEP]


class TestABrokerThatIsThere:
    def test_is_asked_for_a_sweep(self, patient):
        with current_app.connection_for_read() as broker:
            queue = broker.SimpleQueue("celery")
            queue.clear()
            patient()
            asked = queue.get(timeout=5)
            asked.ack()
            queue.close()
        assert asked.headers["task"] == "msp_portal.lib.tasks.sweep_outbox"
        assert nudge.broker.is_worth_asking()
