"""Every page of the console opens, and what may only be looked at can't be changed."""

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.actions.keys import generate_key
from accounts.actions.named_keys import create_named_key
from accounts.models import ApiKey, AuditEvent
from msp_portal.lib.models import MailboxMessage, OutboxMessage
from usage.models import CountDifference

pytestmark = pytest.mark.django_db


def registered():
    from importlib import import_module

    import_module("msp_portal.operator_urls")
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model, what, *args):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{what}", args=args)


def test_every_list_and_every_row_opens(as_operator, cast):
    opened = 0
    for model in registered():
        answer = as_operator.get(address(model, "changelist"))
        assert answer.status_code == 200, model
        assert answer["Content-Security-Policy"]
        for row in model._default_manager.all()[:1]:
            shown = as_operator.get(address(model, "change", row.pk))
            assert shown.status_code == 200, model
            assert "View on site" not in shown.content.decode(), "the portal's addresses are not the console's"
            assert as_operator.get(address(model, "history", row.pk)).status_code == 200, model
            opened += 1
    assert opened >= 8


def test_every_list_can_be_searched(as_operator, cast):
    for model, page in admin.site._registry.items():
        if page.search_fields:
            answer = as_operator.get(address(model, "changelist"), {"q": "acme"})
            assert answer.status_code == 200, model


def test_every_form_to_add_opens_or_is_not_offered(as_operator, cast):
    offered = {model._meta.label for model in registered() if as_operator.get(address(model, "add")).status_code == 200}
    assert offered == {
        *("accounts.Administrator", "accounts.Operator", "accounts.Organization", "accounts.Provider"),
        *(
            "billing.Contract",
            "billing.Package",
            "billing.Payment",
            "billing.Refund",
            "billing.TaxRate",
            "usage.Device",
            "usage.User",
        ),
    }


def test_only_what_makes_sense_is_deleted(as_operator, cast):
    request = as_operator.get("/").wsgi_request
    deletable = {model._meta.label for model, page in admin.site._registry.items() if page.has_delete_permission(request)}
    assert deletable == {"accounts.Operator", "usage.Device", "usage.User"}


def test_the_audit_log_cannot_be_changed(as_operator, cast):
    AuditEvent.objects.create(action="usage.user.added", actor_kind="system", details={"note": "<b>bold</b>"})
    event = AuditEvent.objects.get()
    shown = as_operator.get(address(AuditEvent, "change", event.pk)).content.decode()
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert as_operator.post(address(AuditEvent, "change", event.pk), {"action": "nothing"}).status_code == 403
    event.refresh_from_db()
    assert event.action == "usage.user.added"


def test_a_mail_is_read_with_its_links_and_runs_nothing(as_operator):
    mail = MailboxMessage.objects.create(
        recipients="ada@northwind.example",
        subject="<script>alert(1)</script>",
        text='Open http://127.0.0.1:8000/invitations/a:b/ now\n<script>alert(1)</script> <a href="javascript:alert(1)">x</a>',
    )
    shown = as_operator.get(address(MailboxMessage, "change", mail.pk)).content.decode()
    assert '<a href="http://127.0.0.1:8000/invitations/a:b/" rel="nofollow">' in shown
    assert "<script>alert" not in shown
    assert 'href="javascript:' not in shown


def test_a_parked_message_is_shown_at_the_top_and_tried_again(as_operator):
    parked = OutboxMessage.objects.create(
        kind="mail", payload={"text": "secret link"}, attempts=3, parked_at=timezone.now(), last_error="refused"
    )
    assert "1 message could not be sent and is parked." in as_operator.get("/").content.decode()
    assert "secret link" not in as_operator.get(address(OutboxMessage, "change", parked.pk)).content.decode()
    as_operator.post(address(OutboxMessage, "changelist"), {"action": "try_again", "_selected_action": [parked.pk]})
    parked.refresh_from_db()
    assert (parked.parked_at, parked.attempts, parked.last_error) == (None, 0, "")
    assert AuditEvent.objects.get(action="outbox_message.tried_again").actor_kind == "operator"
    assert "Nothing waits for you" in as_operator.get("/").content.decode()


def test_a_difference_of_counts_is_an_alarm_at_the_top(as_operator, cast):
    acme = cast.northwind.clients[0].organization
    CountDifference.objects.create(
        provider_id=acme.provider_id,
        organization=acme,
        found_at=timezone.now(),
        users_counter=2,
        users_counted=1,
        devices_counter=0,
        devices_counted=0,
    )
    assert "The self-check found 1 difference" in as_operator.get("/").content.decode()


def test_a_key_is_never_shown_and_can_be_revoked(as_operator, cast):
    key = ApiKey.objects.create(
        provider=cast.northwind.provider, name="API key", lookup="abcdefghijkl", mac=b"\x01" * 32, pepper=1, role="Administrator",
        is_primary=True, created_by_name="Ada",
    )  # fmt: skip
    shown = as_operator.get(address(ApiKey, "change", key.pk)).content.decode()
    assert "mspk_abcd" in shown
    assert "abcdefghijkl" not in shown
    as_operator.post(address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert (key.revoked_by_name, key.revoked_at is None) == ("Olive Operator", False)


def test_a_key_may_ask_more_often_when_an_operator_says_so(as_operator, cast):
    provider = cast.northwind.provider
    key, _ = create_named_key(
        provider=provider, name="Sync", role="Read Only", expires_at=None, networks=["192.0.2.7"], by=cast.northwind.owner, at=timezone.now()
    )  # fmt: skip
    page = address(ApiKey, "change", key.pk)
    assert "192.0.2.7" in as_operator.get(page).content.decode()
    as_operator.post(page, {"requests_per_minute": "9000", "name": "Mine", "role": "Administrator With Billing"})
    changed = ApiKey.objects.get()
    assert (changed.requests_per_minute, changed.name, changed.role) == (9000, "Sync", "Read Only")
    event = AuditEvent.objects.get(action="api_key.changed")
    assert (event.actor_kind, event.provider_id, event.details) == (
        "operator",
        provider.pk,
        {"changes": {"requests_per_minute": [300, 9000]}},
    )
    assert "greater than or equal to 1" in as_operator.post(page, {"requests_per_minute": "0"}).content.decode()
    assert ApiKey.objects.get().requests_per_minute == 9000


def test_a_key_that_is_revoked_takes_the_one_before_it_along(as_operator, cast):
    for _ in range(2):
        generate_key(provider=cast.northwind.provider, by=cast.northwind.owner, at=timezone.now(), keep_hours=72)
    present = ApiKey.objects.primary().get()
    as_operator.post(address(ApiKey, "changelist"), {"action": "revoke", "_selected_action": [present.pk]})
    assert set(ApiKey.objects.values_list("revoked_by_name", flat=True)) == {"Olive Operator"}
    assert set(AuditEvent.objects.filter(action="api_key.revoked").values_list("actor_kind", flat=True)) == {"operator"}


def test_the_first_page_asks_the_database_little(as_operator, django_assert_max_num_queries):
    as_operator.get("/")
    with django_assert_max_num_queries(10):
        as_operator.get("/")


@pytest.mark.parametrize("path", ["/", "/usage/user/", "/usage/user/add/", "/login/"])
def test_no_page_has_inline_script_or_style(as_operator, path):
    shown = as_operator.get(path, follow=True).content.decode()
    assert "<style" not in shown
    assert " style=" not in shown
    assert not [
        line for line in shown.split("<script")[1:] if "src=" not in line.split(">")[0] and "application/json" not in line
    ]
