"""The pages of webhooks: added, changed, tested, given another secret, paused and removed; what was sent, and sent again."""

import re
from html import unescape

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from accounts.models import AuditEvent
from accounts.roles import Role
from tests.cast import sign_in
from tests.usage.receiver import receiver
from tests.usage.webhooks import SECRET, endpoint
from usage import webhook_secrets
from usage.actions.sending_webhooks import deliver
from usage.actions.webhooks import announce
from usage.bounds import WEBHOOKS_MAX
from usage.models import WebhookDelivery, WebhookEndpoint
from usage.webhook_events import LISTENED_TO

pytestmark = pytest.mark.django_db

URL = "https://hooks.northwind.example/portal"


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def owner(client, northwind):
    return sign_in(client, northwind.owner)


@pytest.fixture
def hook(northwind):
    return endpoint(northwind.provider, description="Ticket bridge")


def words_of(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def add(browser, **typed):
    return browser.post(reverse("webhook-new"), {"url": URL, "description": "", "types": ["cap.changed"], **typed})


def secrets_in(response):
    return set(re.findall(r"whsec_[\w+/=]+", unescape(response.content.decode())))


def acts():
    return list(AuditEvent.objects.filter(action__startswith="usage.webhook").order_by("pk").values_list("action", flat=True))


class TestANewWebhook:
    def test_shows_its_secret_once_and_keeps_it_sealed(self, owner):
        shown = add(owner, description="Ticket bridge")
        made = WebhookEndpoint.objects.get()
        [secret] = secrets_in(shown)
        assert shown.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
        assert secret.removeprefix("whsec_") not in made.sealed_secret
        assert webhook_secrets.opened(made.sealed_secret) == secret
        for page in ("webhooks", "webhook", "webhook-settings", "webhook-secret"):
            again = owner.get(reverse(page, args=[] if page == "webhooks" else [made.pk]))
            assert "Ticket bridge" in words_of(again)
            assert secrets_in(again) == set()
        assert acts() == ["usage.webhook.added"]
        assert secret not in str(AuditEvent.objects.get(action="usage.webhook.added").details)

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"url": "https://10.0.0.1/"}, "private network"),
            ({"url": "https://user:pw@hooks.example/"}, "no user name"),
            ({"url": "hooks.example"}, "no address of the form"),
            ({"types": []}, "at least one event"),
            ({"types": ["ping"]}, "ping is not one of the available choices"),
        ],
    )
    def test_is_refused_at_the_field(self, owner, typed, words):
        response = add(owner, **typed)
        assert response.status_code == 422
        assert words in words_of(response)
        assert not WebhookEndpoint.objects.exists()

    def test_is_one_too_many_at_the_bound(self, owner, northwind):
        for _ in range(WEBHOOKS_MAX):
            endpoint(northwind.provider)
        assert "as many webhooks as there may be" in words_of(add(owner))

    @pytest.mark.parametrize("page", ["webhook-new", "webhook-secret"])
    def test_shows_no_secret_to_who_signed_in_long_ago(self, client, northwind, hook, page):
        sign_in(client, northwind.owner, fresh=False)
        response = client.post(
            reverse(page, args=[] if page == "webhook-new" else [hook.pk]), {"url": URL, "types": ["cap.changed"]}
        )
        assert response.status_code in {302, 303}
        assert reverse("account_reauthenticate") in response.headers["Location"]
        assert WebhookEndpoint.objects.get().sealed_secret == hook.sealed_secret

    def test_is_not_for_who_is_limited_to_some_organizations(self, client, northwind, hook):
        limited = northwind.by_role[Role.ADMINISTRATOR]
        sign_in(client, limited)
        assert client.get(reverse("webhooks")).status_code == 200
        assert "Manage webhooks" in words_of(client.get(reverse("account")))
        limited.limited_at = timezone.now()
        limited.save(update_fields=["limited_at"])
        assert client.get(reverse("webhook", args=[hook.pk])).status_code == 403
        assert "Manage webhooks" not in words_of(client.get(reverse("account")))


class TestAWebhook:
    def test_stands_in_the_log_without_its_path(self, owner, client, northwind):
        add(owner, url="https://hooks.example:8443/in/T0KEN", description="Chat")
        hook = WebhookEndpoint.objects.get()
        for url in ("https://hooks.example:8443/in/0THER-T0KEN", "https://else.example/in/T0KEN?key=T0KEN"):
            asked = {"url": url, "description": "Chat", "types": ["cap.changed"]}
            owner.post(reverse("webhook-settings", args=[hook.pk]), asked)
        owner.post(reverse("webhook-removal", args=[hook.pk]))
        assert acts() == ["usage.webhook.added", *["usage.webhook.changed"] * 2, "usage.webhook.removed"]
        told = AuditEvent.objects.filter(action__startswith="usage.webhook").order_by("pk")
        noted = list(told.values_list("details", flat=True))
        assert "T0KEN" not in str(noted)
        assert [each["fields"] for each in noted[1:3]] == [["url"], ["url"]]
        reader = sign_in(client, northwind.by_role[Role.READ_ONLY])
        assert "url: https://hooks.example:8443 → https://else.example" in words_of(reader.get(reverse("activity")))

    def test_is_changed(self, owner, hook):
        asked = {"url": "https://elsewhere.example/", "description": "Chat", "types": ["cap.changed", "seat_request.opened"]}
        response = owner.post(reverse("webhook-settings", args=[hook.pk]), asked)
        assert response.headers["Location"] == reverse("webhook", args=[hook.pk])
        hook.refresh_from_db()
        assert {"url": hook.url, "description": hook.description, "types": hook.types} == asked
        assert owner.post(reverse("webhook-settings", args=[hook.pk]), {**asked, "url": "https://[fd00::1]/"}).status_code == 422
        assert acts() == ["usage.webhook.changed"]

    def test_is_paused_and_resumed(self, owner, hook, northwind):
        for _ in range(2):
            owner.post(reverse("webhook-pause", args=[hook.pk]))
        assert f"Paused by {northwind.owner.name}" in words_of(owner.get(reverse("webhook", args=[hook.pk])))
        refused = owner.post(reverse("webhook-test", args=[hook.pk]))
        assert (refused.status_code, WebhookDelivery.objects.count()) == (409, 0)
        assert "Resume it first" in words_of(refused)
        owner.post(reverse("webhook-resumption", args=[hook.pk]))
        hook.refresh_from_db()
        assert hook.is_active
        assert acts() == ["usage.webhook.paused", "usage.webhook.resumed"]

    def test_gets_another_secret_beside_the_former_one(self, owner, hook):
        [secret] = secrets_in(owner.post(reverse("webhook-secret", args=[hook.pk])))
        hook.refresh_from_db()
        assert [webhook_secrets.opened(each) for each in (hook.sealed_secret, hook.former_sealed_secret)] == [secret, SECRET]
        assert "The former one signs as well until" in words_of(owner.get(reverse("webhook", args=[hook.pk])))

    def test_is_removed_with_its_deliveries(self, owner, hook, northwind):
        announce("cap.changed", {}, provider=northwind.provider, at=timezone.now())
        assert hook.url in words_of(owner.get(reverse("webhook-removal", args=[hook.pk])))
        response = owner.post(reverse("webhook-removal", args=[hook.pk]))
        assert response.headers["Location"] == reverse("webhooks")
        assert not WebhookEndpoint.objects.exists()
        assert not WebhookDelivery.objects.exists()
        assert "No webhooks yet" in words_of(owner.get(reverse("webhooks")))

    def test_says_that_it_fails_and_that_it_was_given_up(self, owner, hook):
        hook.failing_since = timezone.now()
        hook.save(update_fields=["failing_since"])
        assert "Nothing has got through since" in words_of(owner.get(reverse("webhook", args=[hook.pk])))
        hook.pause(by_name="", at=timezone.now())
        assert "Paused by the portal" in words_of(owner.get(reverse("webhook", args=[hook.pk])))

    def test_is_sealed_anew_so_that_the_old_key_can_be_dropped(self, hook):
        old, new = settings.WEBHOOK_KEYS, Fernet.generate_key().decode()
        with override_settings(WEBHOOK_KEYS=(new, *old)):
            call_command("rotate_token_keys")
        hook.refresh_from_db()
        with override_settings(WEBHOOK_KEYS=(new,)):
            assert webhook_secrets.opened(hook.sealed_secret) == SECRET


class TestATest:
    def test_is_followed_until_it_is_answered_and_sent_again(self, owner, northwind):
        with receiver(500, 200) as there:
            hook = endpoint(northwind.provider, there.url)
            page = owner.post(reverse("webhook-test", args=[hook.pk])).headers["Location"]
            waiting = owner.get(page).content.decode()
            assert "Being sent" in waiting
            assert 'hx-trigger="every 1s"' in waiting
            assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting
            deliver(timezone.now)
            failed = owner.get(page)
            assert "It is sent again" in words_of(failed)
            assert "every 1s" not in failed.content.decode()
            again = owner.post(f"{page}replay/")
            assert again.headers["Location"] == page
            assert owner.post(f"{page}replay/").status_code == 409, "it is about to be sent anyway"
            deliver(timezone.now)
        shown = owner.get(page).content.decode()
        assert "Delivered" in shown
        assert "&lt;b&gt;taken&lt;/b&gt;" in shown
        assert "<b>taken" not in shown
        (_, first, body), (_, second, _) = there.got
        assert Webhook(SECRET).verify(body, second)["type"] == "ping"
        assert second["webhook-signature"] in unescape(shown)
        assert first["webhook-id"] == second["webhook-id"]
        assert acts() == ["usage.webhook.tested", "usage.webhook.replayed"]

    def test_goes_to_the_one_endpoint_whatever_it_listens_to(self, owner, northwind, hook):
        endpoint(northwind.provider, types=LISTENED_TO)
        owner.post(reverse("webhook-test", args=[hook.pk]))
        assert WebhookDelivery.objects.get().endpoint == hook


class TestTheDeliveries:
    def test_are_narrowed_to_a_state(self, owner, northwind, hook):
        announce("cap.changed", {}, provider=northwind.provider, at=timezone.now())
        page = reverse("webhook", args=[hook.pk])
        assert "cap.changed" in words_of(owner.get(page, {"state": "waiting"}))
        assert "Nothing matches" in words_of(owner.get(page, {"state": "failed"}))

    def test_of_another_webhook_stand_not_here(self, owner, northwind, hook):
        other = endpoint(northwind.provider)
        announce("cap.changed", {}, provider=northwind.provider, at=timezone.now())
        theirs = WebhookDelivery.objects.get(endpoint=other)
        assert owner.get(reverse("webhook-delivery", args=[other.pk, theirs.pk])).status_code == 200
        assert owner.get(reverse("webhook-delivery", args=[hook.pk, theirs.pk])).status_code == 404


class TestEventsOfLicences:
    """They tell figures that an Administrator may not see, who manages webhooks otherwise."""

    @pytest.fixture
    def administrator(self, client, northwind):
        return sign_in(client, northwind.by_role[Role.ADMINISTRATOR])

    def test_are_not_offered_to_who_may_not_see_licences(self, administrator, northwind):
        page = administrator.get(reverse("webhook-new")).content.decode()
        assert ("alert.limit_reached" in page, "alert.licenses_over" in page) == (True, False)
        refused = add(administrator, types=["alert.licenses_over"])
        assert (refused.status_code, WebhookEndpoint.objects.exists()) == (422, False)
        assert add(administrator, types=["alert.limit_reached"]).status_code == 200
        sign_in(administrator, northwind.owner)
        assert add(administrator, types=["alert.licenses_over"]).status_code == 200

    def test_go_nowhere_else_by_who_may_not_see_them(self, administrator, hook):
        asked = {"url": "https://elsewhere.example/", "description": "", "types": ["cap.changed"]}
        refused = administrator.post(reverse("webhook-settings", args=[hook.pk]), asked)
        assert "Events of licences are for those who may see licence figures." in words_of(refused)
        hook.refresh_from_db()
        assert hook.url == URL
        WebhookEndpoint.objects.update(types=["seat_request.opened"])
        assert administrator.post(reverse("webhook-settings", args=[hook.pk]), asked).status_code == 303

    def test_that_wait_go_nowhere_else_either(self, administrator, hook, northwind):
        announce("alert.licenses_over", {"count": 101}, provider=northwind.provider, at=timezone.now())
        WebhookEndpoint.objects.update(types=["cap.changed"])
        asked = {"url": "https://elsewhere.example/", "description": "", "types": ["cap.changed"]}
        assert administrator.post(reverse("webhook-settings", args=[hook.pk]), asked).status_code == 422
        WebhookDelivery.objects.all().delete()
        assert administrator.post(reverse("webhook-settings", args=[hook.pk]), asked).status_code == 303

    def test_are_not_shown_to_who_may_not_see_them(self, administrator, hook, northwind):
        for kind in ("alert.licenses_over", "cap.changed"):
            announce(kind, {"count": 101}, provider=northwind.provider, at=timezone.now())
        listed = administrator.get(reverse("webhook", args=[hook.pk])).context["page"].rows
        assert [delivery.type for delivery in listed] == ["cap.changed"]
        of_licences = WebhookDelivery.objects.get(type="alert.licenses_over")
        page = reverse("webhook-delivery", args=[hook.pk, of_licences.pk])
        assert administrator.get(page).status_code == 404
        assert sign_in(administrator, northwind.owner).get(page).status_code == 200
