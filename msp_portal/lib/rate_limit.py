"""A token bucket in the broker: so many requests a minute, all processes counting together. Without a broker everything is allowed."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import structlog
from django.conf import settings
from django.http.response import HttpResponseBase
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import NoScriptError, RedisError

from msp_portal.lib.nudge import PATIENCE, Broker

log = structlog.get_logger(__name__)

WINDOW: Final = 60
"""Seconds in which a bucket fills up."""

# The broker's own clock, so that processes need not agree on theirs. A bucket nobody takes from is full again after a minute and forgotten.
TAKE: Final = """
    local capacity, now = tonumber(ARGV[1]), redis.call('time')
    local at = now[1] + now[2] / 1000000
    local bucket = redis.call('hmget', KEYS[1], 'tokens', 'at')
    local tokens = tonumber(bucket[1]) or capacity
    tokens = math.min(capacity, tokens + (at - (tonumber(bucket[2]) or at)) * capacity / ARGV[2])
    local granted = tokens >= 1
    if granted then tokens = tokens - 1 end
    redis.call('hset', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(at))
    redis.call('expire', KEYS[1], ARGV[2])
    return {granted and 1 or 0, tostring(tokens)}
"""

broker = Broker()


@dataclass(frozen=True)
class Allowance:
    """What came of asking for one request. `tokens` are left of `capacity`; None when the broker was away and nobody counted."""

    is_granted: bool
    capacity: int
    tokens: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit-…` for every counted answer, and `Retry-After` (seconds) when it is refused."""
        if self.tokens is None:
            return {}
        seconds_a_token = WINDOW / self.capacity
        told = {
            "RateLimit-Limit": str(self.capacity),
            "RateLimit-Remaining": str(math.floor(self.tokens)),
            "RateLimit-Reset": str(math.ceil((self.capacity - self.tokens) * seconds_a_token)),
        }
        return told if self.is_granted else {**told, "Retry-After": str(max(1, math.ceil((1 - self.tokens) * seconds_a_token)))}

    def tell(self, answer: HttpResponseBase) -> None:
        """Write the headers."""
        for name, value in self.headers.items():
            answer[name] = value


def take(subject: str, *, per_minute: int) -> Allowance:
    """One token out of `subject`'s bucket, which holds `per_minute` and fills evenly. A broker that was away is not asked again for a while."""
    if broker.is_worth_asking():
        try:
            granted, tokens = _run(f"rate:{subject}", per_minute, WINDOW)
            return Allowance(bool(granted), per_minute, float(tokens))
        except RedisError as fault:
            broker.was_away()
            log.warning("rate_limit.broker_away", error=repr(fault))
    return Allowance(True, per_minute)


def _run(key: str, *arguments: int) -> Any:
    """What `Script` does without its detours: every request of every script comes through here."""
    script = _script()
    client: Any = script.registered_client
    try:
        return client.execute_command("EVALSHA", script.sha, 1, key, *arguments)
    except NoScriptError:
        return script(keys=[key], args=arguments)  # which brings itself along


@cache
def _script() -> Script:
    client: Any = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    return client.register_script(TAKE)  # type: ignore[no-any-return]
