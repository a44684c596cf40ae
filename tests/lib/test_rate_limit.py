"""So many requests a minute, counted by the broker; without one, everything is allowed and nobody waits."""

import socket
import time
from itertools import count

import pytest
from redis import Redis

from accounts.models import ApiKey
from msp_portal.lib import rate_limit
from tests.api.client import client_of

subjects = count(1)
SELF = "/users/getSelf"


@pytest.fixture
def broker(run, monkeypatch):
    """The test run's own broker, counted afresh."""
    use(monkeypatch, run.environment["REDIS_URL"])
    return Redis.from_url(run.environment["REDIS_URL"])


@pytest.fixture
def subject():
    return f"test-{next(subjects)}-{time.monotonic_ns()}"


def use(monkeypatch, url):
    monkeypatch.setattr("django.conf.settings.REDIS_URL", url)
    monkeypatch.setattr(rate_limit.broker, "away_until", 0.0)
    rate_limit._script.cache_clear()


@pytest.fixture(autouse=True)
def forget_the_broker():
    yield
    rate_limit._script.cache_clear()
    rate_limit.broker.away_until = 0.0


class TestABucket:
    def test_grants_what_it_holds_and_then_refuses(self, broker, subject):
        answers = [rate_limit.take(subject, per_minute=5).is_granted for _ in range(7)]
        assert answers == [True] * 5 + [False] * 2

    def test_says_what_is_left_and_how_long_to_wait(self, broker, subject):
        first, refused = rate_limit.take(subject, per_minute=1), rate_limit.take(subject, per_minute=1)
        assert first.headers == {"RateLimit-Limit": "1", "RateLimit-Remaining": "0", "RateLimit-Reset": "60"}
        assert 59 <= int(refused.headers["Retry-After"]) <= 60

    def test_goes_on_when_the_broker_has_forgotten_how(self, broker, subject):
        """As after a restart: it knows the script by its hash only, and is told it again."""
        assert rate_limit.take(subject, per_minute=5).tokens == 4
        broker.script_flush()
        assert 3 <= rate_limit.take(subject, per_minute=5).tokens < 3.9

    def test_fills_evenly(self, broker, subject):
        for _ in range(10):
            rate_limit.take(subject, per_minute=10)
        later = float(broker.hget(f"rate:{subject}", "at")) - 12.5
        broker.hset(f"rate:{subject}", "at", str(later))  # as if that much time had passed
        answers = [rate_limit.take(subject, per_minute=10).is_granted for _ in range(3)]
        assert answers == [True, True, False]

    def test_is_forgotten_when_nobody_takes_from_it(self, broker, subject):
        rate_limit.take(subject, per_minute=5)
        assert 0 < broker.ttl(f"rate:{subject}") <= rate_limit.WINDOW

    def test_is_another_for_each_subject(self, broker, subject):
        assert rate_limit.take(subject, per_minute=1).is_granted
        assert rate_limit.take(f"{subject}-other", per_minute=1).is_granted
        assert not rate_limit.take(subject, per_minute=1).is_granted


class TestTheApi:
    def test_tells_each_key_its_allowance(self, broker, cast):
        api = client_of(cast.northwind)
        assert (api.get(SELF)["RateLimit-Remaining"], api.get(SELF)["RateLimit-Remaining"]) == ("299", "298")

    def test_answers_429_when_it_is_used_up_and_does_nothing(self, broker, cast):
        api = client_of(cast.northwind)
        ApiKey.objects.update(requests_per_minute=1)
        assert api.get(SELF).status_code == 200
        refused = api.get(SELF)
        assert (refused.status_code, refused.json()["status"]) == (429, "Too Many Requests")
        assert int(refused["Retry-After"]) >= 1


class TestABrokerThatIsAway:
    def test_allows_everything_and_says_nothing_of_a_limit(self, cast, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            use(monkeypatch, f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
            answer = client_of(cast.northwind).get(SELF)
        assert answer.status_code == 200
        assert "RateLimit-Limit" not in answer

    def test_is_not_asked_again_for_a_while(self, monkeypatch, subject):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            use(monkeypatch, f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
            rate_limit.take(subject, per_minute=1)
            assert not rate_limit.broker.is_worth_asking()
            assert rate_limit.take(subject, per_minute=1).tokens is None
