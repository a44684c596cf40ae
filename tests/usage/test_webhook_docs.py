"""The examples of docs/webhooks.md, run as they are printed."""

import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from tests.usage.webhooks import SECRET
from usage.actions.webhooks import JSON
from usage.bounds import FORMER_SECRET_KEPT_FOR, WEBHOOK_ANSWER_KEPT, WEBHOOK_CALL_SECONDS, WEBHOOK_TRIES_MAX
from usage.models import AlertKind, AlertRule
from usage.queries.alerts import as_if_crossed
from usage.webhook_call import headers_of, signature_of
from usage.webhook_data import ALERTS, alert
from usage.webhook_events import OF_LICENSES, WebhookEvent
from usage.webhook_secrets import new_secret

DOCS = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BODY = '{"type":"ping","data":{"name":"Zoë"}}'


@pytest.fixture(params=["event_in", "event_in_by_hand"])
def event_in(request):
    examples = {}
    for example in re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL):
        exec(example, examples)
    return examples[request.param]


def headers(*secrets, seconds_ago=0):
    at = datetime.fromtimestamp(int(time.time()) - seconds_ago, UTC)
    return headers_of("msg_1", signature_of("msg_1", BODY, secrets, at), int(at.timestamp()))


class TestAnExample:
    def test_takes_what_is_ours_also_while_the_secret_is_changed(self, event_in):
        for secrets in ([SECRET], [new_secret(), SECRET], [SECRET, new_secret()]):
            assert event_in(BODY, headers(*secrets), SECRET)["data"] == {"name": "Zoë"}

    @pytest.mark.parametrize(
        ("body", "secret", "seconds_ago"),
        [(BODY.replace("ping", "pong"), SECRET, 0), (BODY, new_secret(), 0), (BODY, SECRET, 400)],
        ids=["changed", "by another secret", "old"],
    )
    def test_refuses_what_is_not(self, event_in, body, secret, seconds_ago):
        with pytest.raises((ValueError, WebhookVerificationError)):
            event_in(body, headers(SECRET, seconds_ago=seconds_ago), secret)


@pytest.mark.django_db
class TestTheDataOfAnAlert:
    def test_is_what_the_docs_show(self, cast):
        [shown] = map(json.loads, re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL))
        rule = AlertRule(
            provider=cast.northwind.provider, organization=cast.northwind.clients[0].organization, kind="cap_share", percent=80
        )
        crossing = as_if_crossed(rule, AT)
        rule.pk = crossing.pk = cast.northwind.pk
        told = json.loads(JSON.encode(alert(crossing, rule)))
        assert list(told) == list(shown)
        assert {name: type(value) for name, value in told.items()} == {name: type(value) for name, value in shown.items()}
        assert set(told["organization"]) == set(shown["organization"])

    def test_has_every_kind_and_says_what_a_test_and_a_replay_are(self, cast):
        rule = AlertRule(provider=cast.northwind.provider, kind="licenses_over")
        tested, again = (alert(as_if_crossed(rule, AT), rule, **{how: True}) for how in ("test", "replay"))
        assert (tested["test"], tested["replay"], tested["crossing"]) == (True, False, None)
        assert (again["test"], again["replay"], again["organization"], again["percent"]) == (False, True, None, None)
        assert set(AlertKind.values) <= set(re.findall(r"`([a-z_]+)`", DOCS))

    def test_of_licences_is_an_event_of_licences(self):
        assert {kind: event in OF_LICENSES for kind, event in ALERTS.items()} == {
            kind: AlertRule(kind=kind).is_of_licenses for kind in AlertKind
        }


def test_the_docs_name_every_event_and_the_bounds():
    assert set(WebhookEvent.values) <= set(re.findall(r"`([a-z_.]+)`", DOCS))
    for words in (f"within {WEBHOOK_CALL_SECONDS:.0f} seconds", f"{WEBHOOK_ANSWER_KEPT:,} bytes", "For 24 hours"):
        assert words in DOCS
    assert (FORMER_SECRET_KEPT_FOR.total_seconds(), WEBHOOK_TRIES_MAX) == (24 * 3600, 10)
