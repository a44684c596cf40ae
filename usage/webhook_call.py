"""One call of a webhook as it goes over the wire: https://www.standardwebhooks.com says how it is signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

import structlog
from standardwebhooks.webhooks import Webhook

from msp_portal.lib import outside
from msp_portal.lib.outside_addresses import NotAllowed
from usage.bounds import WEBHOOK_ANSWER_KEPT, WEBHOOK_CALL_SECONDS, WEBHOOK_CONNECT_SECONDS

log = structlog.get_logger(__name__)

LIMITS: Final = outside.Limits(connect=WEBHOOK_CONNECT_SECONDS, call=WEBHOOK_CALL_SECONDS, answer=WEBHOOK_ANSWER_KEPT)
ALWAYS: Final = {"Content-Type": "application/json", "User-Agent": "msp-portal-webhooks/1"}


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `error` is a word of `usage.webhook_words`, empty where something was answered."""

    milliseconds: int = 0
    status: int | None = None
    answer: str = ""
    error: str = ""


def signature_of(message_id: str, body: str, secrets: Sequence[str], at: datetime) -> str:
    """The header `webhook-signature`: one signature a secret, so that whoever still has the former one can check as well. `at` is in UTC."""
    return " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets)


def headers_of(message_id: str, signature: str, timestamp: int) -> dict[str, str]:
    """All headers of ours, `timestamp` in seconds since 1970."""
    return {**ALWAYS, "webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}


def call(url: str, body: str, headers: Mapping[str, str]) -> Outcome:
    """Send it, and say what came of it; raises nothing, as it runs in a thread beside others."""
    began = monotonic()
    try:
        answer = outside.post(url, body.encode(), headers, LIMITS)
    except (NotAllowed, outside.NoAnswer) as no:
        return Outcome(_since(began), error=no.code)
    except Exception as fault:  # noqa: BLE001 - whatever another host makes of us, the others are not kept waiting
        log.error("usage.webhook_fault", alarm=True, error=repr(fault))
        return Outcome(_since(began), error="fault")
    return Outcome(_since(began), status=answer.status, answer=answer.beginning)


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
