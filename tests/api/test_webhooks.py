"""Webhooks through the API: added with a secret that is shown once, changed, paused, tested, removed; deliveries, and an event once more."""

import json

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts.models import AuditEvent, IdempotentAnswer
from accounts.roles import Role
from tests.api.administrators import mails
from tests.api.client import client_of
from tests.api.refusals import fields_of, told
from tests.usage.receiver import receiver
from tests.usage.webhooks import SECRET, endpoint
from usage import webhook_secrets
from usage.actions.sending_webhooks import deliver
from usage.actions.webhooks import announce
from usage.bounds import WEBHOOKS_MAX
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.webhook_events import LISTENED_TO, OF_LICENSES

LIST = "/v2/providers/{provider}/usage/webhooks"
URL = "https://hooks.northwind.example/portal"


@pytest.fixture
def hook(northwind):
    return endpoint(northwind.provider, description="Ticket bridge")


def at(hook, *rest):
    return "/".join([LIST, hook.pk, *rest])


def keepers(northwind):
    return sorted(northwind.by_role[role].email for role in (Role.ADMINISTRATOR_WITH_BILLING, Role.ADMINISTRATOR))


class TestANewWebhook:
    def test_shows_its_secret_once_and_keeps_it_sealed(self, api):
        answer = api.post(LIST, {"url": URL, "description": " Ticket bridge ", "events": ["cap.changed", "cap.changed"]})
        made, shown = WebhookEndpoint.objects.get(), answer.json()
        assert answer.status_code == 201
        assert (shown["id"], shown["url"], shown["description"], shown["events"]) == (
            made.pk,
            URL,
            "Ticket bridge",
            ["cap.changed"],
        )
        assert webhook_secrets.opened(made.sealed_secret) == shown["secret"]
        assert "secret" not in api.get(at(made)).json()
        [listed] = api.get(LIST).json()["results"]
        assert listed == api.get(at(made)).json() == {name: value for name, value in shown.items() if name != "secret"}

    def test_listens_to_everything_unless_told_otherwise(self, api):
        assert api.post(LIST, {"url": URL}).json()["events"] == LISTENED_TO

    def test_that_is_repeated_is_made_once_and_its_secret_kept_nowhere(self, api):
        first, again = (api.post(LIST, {"url": URL}, **{"Idempotency-Key": "k"}).json() for _ in range(2))
        secret = first.pop("secret")
        assert (first, WebhookEndpoint.objects.count()) == (again, 1)
        assert secret.encode() not in bytes(IdempotentAnswer.objects.get().body)
        assert first["id"].encode() in bytes(IdempotentAnswer.objects.get().body)

    def test_is_the_key_s_and_told_to_whoever_may_do_the_same(self, api, northwind):
        api.post(LIST, {"url": URL})
        noted = AuditEvent.objects.get(action="usage.webhook.added")
        assert (noted.actor_kind, noted.actor_name) == ("api_key", WebhookEndpoint.objects.get().created_by_name)
        letters = mails()
        assert sorted(address for letter in letters for address in letter["to"]) == keepers(northwind)
        for part in ("added a webhook to hooks.northwind.example", URL, "revoke the key", "127.0.0.1"):
            assert part in letters[0]["text"]

    @pytest.mark.parametrize(
        ("body", "field", "words"),
        [
            ({}, "url", ""),
            ({"url": ""}, "url", ""),
            ({"url": "https://10.0.0.1/"}, "url", "private network"),
            ({"url": "https://user:pw@hooks.example/"}, "url", "no user name"),
            ({"url": "https://hooks.example/\0"}, "url", ""),
            ({"url": f"https://hooks.example/{'x' * 500}"}, "url", ""),
            ({"url": URL, "events": []}, "events", ""),
            ({"url": URL, "events": ["ping"]}, "events.0", "is no event"),
            ({"url": URL, "description": "x" * 121}, "description", ""),
            ({"url": URL, "secret": "whsec_mine"}, "secret", ""),
        ],
    )
    def test_is_refused_where_nothing_could_be_sent(self, api, body, field, words):
        answer = api.post(LIST, body)
        assert words in told(answer, 400)
        assert fields_of(answer) == [field]
        assert not WebhookEndpoint.objects.exists()
        assert mails() == []

    def test_is_one_too_many_at_the_bound(self, api, northwind):
        for _ in range(WEBHOOKS_MAX):
            endpoint(northwind.provider)
        assert "as many webhooks as there may be" in told(api.post(LIST, {"url": URL}), 409)

    def test_needs_the_permission(self, northwind):
        words = told(client_of(northwind, Role.MANAGER).post(LIST, {"url": URL}), 403)
        assert words == "The role of this key may not manage webhooks."


class TestAWebhook:
    def test_keeps_what_is_not_named(self, api, hook):
        changed = api.put(at(hook), {"events": ["cap.changed"]}).json()
        assert (changed["url"], changed["description"], changed["events"]) == (hook.url, "Ticket bridge", ["cap.changed"])
        assert mails() == []

    def test_that_goes_elsewhere_is_told(self, api, hook, northwind):
        assert api.put(at(hook), {"url": "https://elsewhere.example/"}).json()["url"] == "https://elsewhere.example/"
        assert len(mails()) == len(keepers(northwind))
        assert "changed the address of a webhook to elsewhere.example" in mails()[0]["subject"]

    def test_is_paused_and_resumed(self, api, hook):
        paused = api.put(at(hook), {"active": False}).json()
        assert (paused["active"], "pausedAt" in paused) == (False, True)
        assert "Resume it first" in told(api.post(at(hook, "test")), 409)
        assert api.put(at(hook), {"active": True}).json()["active"] is True

    def test_stays_as_it_was_where_the_address_is_refused(self, api, hook):
        told(api.put(at(hook), {"url": "https://[fd00::1]/", "active": False}), 400)
        assert api.get(at(hook)).json()["active"] is True

    def test_gets_another_secret_beside_the_former_one(self, api, hook, northwind):
        shown = api.post(at(hook, "secret")).json()
        hook.refresh_from_db()
        sealed = hook.sealed_secret, hook.former_sealed_secret
        assert [webhook_secrets.opened(each) for each in sealed] == [shown["secret"], SECRET]
        assert "formerSecretUntil" in shown
        assert len(mails()) == len(keepers(northwind))

    def test_is_removed(self, api, hook):
        assert api.delete(at(hook)).status_code == 204
        assert api.get(at(hook)).status_code == 404


class TestADelivery:
    def test_of_a_test_is_followed_until_it_got_through(self, api, northwind):
        with receiver() as there:
            hook = endpoint(northwind.provider, there.url)
            sent = api.post(at(hook, "test")).json()
            assert (sent["event"], sent["state"], sent["attempts"], "lastStatus" in sent) == ("ping", "WAITING", 0, False)
            deliver(timezone.now)
        [(_path, headers, body)] = there.got
        assert Webhook(SECRET).verify(body, headers)["type"] == "ping"
        shown = api.get(at(hook, "deliveries", sent["id"])).json()
        assert (shown["state"], shown["lastStatus"], shown["messageId"]) == ("DELIVERED", 200, headers["webhook-id"])
        assert (shown["body"], [(call["status"], call["answer"]) for call in shown["calls"]]) == (body, [(200, "<b>taken</b>")])

    def test_is_listed_and_sent_again(self, api, northwind, hook):
        for number in range(3):
            announce("cap.changed", {"number": number}, provider=northwind.provider, at=timezone.now())
        last = WebhookDelivery.objects.order_by("pk").last()
        last.settle(WebhookDelivery.State.FAILED, at=timezone.now())
        page = api.get(at(hook, "deliveries") + "?limit=2").json()
        assert (page["totalCount"], len(page["results"]), page["results"][0]["id"]) == (3, 2, last.pk)
        [failed] = api.get(at(hook, "deliveries") + "?filter=state:eq:FAILED").json()["results"]
        again = api.post(at(hook, "deliveries", failed["id"], "replay")).json()
        assert (again["state"], again["messageId"], "replayedAt" in again) == ("WAITING", last.message_id, True)
        assert "waits already" in told(api.post(at(hook, "deliveries", failed["id"], "replay")), 409)
        assert json.loads(api.get(at(hook, "deliveries", failed["id"])).json()["body"])["data"] == {"number": 2}

    def test_of_another_webhook_is_not_found_there(self, api, northwind, hook):
        other = endpoint(northwind.provider)
        announce("cap.changed", {}, provider=northwind.provider, at=timezone.now())
        foreign = other.deliveries.get().pk
        assert api.get(at(hook, "deliveries", foreign)).status_code == 404
        assert api.get(at(other, "deliveries", foreign)).status_code == 200


class TestEventsOfLicences:
    @pytest.fixture
    def administrator(self, northwind):
        """A key that may manage webhooks and not see licences."""
        return client_of(northwind, Role.ADMINISTRATOR)

    def test_are_no_key_s_that_may_not_see_them(self, administrator, hook):
        refused = administrator.post(LIST, {"url": URL, "events": ["alert.licenses_over"]})
        assert "for those who may see licence figures" in told(refused, 403)
        told(administrator.put(at(hook), {"url": "https://elsewhere.example/"}), 403)
        listened = administrator.post(LIST, {"url": URL}).json()["events"]
        assert set(LISTENED_TO) - set(listened) == set(OF_LICENSES)

    def test_are_not_shown_to_such_a_key(self, administrator, northwind, hook):
        announce("alert.licenses_over", {}, provider=northwind.provider, at=timezone.now())
        assert administrator.get(at(hook, "deliveries")).json()["totalCount"] == 0
        assert administrator.get(at(hook, "deliveries", hook.deliveries.get().pk)).status_code == 404
        assert client_of(northwind).get(at(hook, "deliveries")).json()["totalCount"] == 1
