"""The audit log as it is read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import audit
from accounts.audit_words import SENTENCES, sentence_of
from accounts.models import AuditEvent
from accounts.roles import Role
from tests.cast import sign_in

PAGE, CSV = "/activity/", "/activity/csv/"


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def log(northwind):
    acme, birch = (client.organization for client in northwind.clients)
    now = timezone.now()
    audit.record(northwind.owner, "usage.cap.changed", acme, at=now - timedelta(hours=2), before=None, after=15)
    audit.record(northwind.owner, "usage.user.added", birch, at=now - timedelta(days=9))
    audit.record(
        northwind.clients[0].administrator,
        "refused.user_cap_reached",
        organization_id=acme.pk,
        outcome=AuditEvent.Outcome.REFUSED,
        at=now,
        message="All 15 seats are taken.",
    )


def body(answer):
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


class TestThePage:
    def test_tells_each_act_in_a_sentence_the_newest_first(self, northwind, log, client):
        shown = body(sign_in(client, northwind.owner).get(PAGE))
        first, second = shown.index("was refused: All 15 seats are taken."), shown.index("changed the user cap of Acme Dental")
        assert first < second
        assert "REFUSED" in shown
        assert "from: – → 15" in shown

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("outcome=refused", {"refused"}),
            ("kind=users", {"user"}),
            ("kind=caps", {"cap", "refused"}),
            ("period=week", {"cap", "refused"}),
            ("q=birch+legal", {"user"}),
            ("q=%25", set()),
        ],
    )
    def test_narrows_to_what_is_asked(self, northwind, log, client, asked, found):
        words = {"refused": "All 15 seats", "cap": "changed the user cap of Acme", "user": "added the user Birch"}
        shown = body(sign_in(client, northwind.owner).get(f"{PAGE}?{asked}"))
        assert {name for name, text in words.items() if text in shown} == found

    def test_sends_exactly_that_as_csv(self, northwind, log, client):
        lines = body(sign_in(client, northwind.owner).get(f"{CSV}?kind=users")).splitlines()
        assert len(lines) == 2
        assert "added the user Birch Legal" in lines[1]

    def test_shows_no_other_providers_log(self, cast, log, client):
        shown = body(sign_in(client, cast.bluefin.owner).get(PAGE))
        assert "Acme" not in shown
        assert "Nothing happened yet" in shown

    def test_shows_a_limited_reader_his_organizations_alone(self, northwind, log, client):
        reader = northwind.limited
        reader.role = Role.READ_ONLY
        reader.save(update_fields=["role"])
        shown = body(sign_in(client, reader).get(PAGE))
        assert "changed the user cap of Acme Dental" in shown
        assert "Birch" not in shown

    def test_tells_of_billing_only_who_may_see_invoices(self, northwind, client):
        audit.record(northwind.owner, "billing.information.changed", northwind.provider, provider_id=northwind.provider.pk)
        assert "changed the billing information" in body(sign_in(client, northwind.owner).get(PAGE))
        client.logout()
        for page in (PAGE, CSV):
            assert "changed the billing information" not in body(sign_in(client, northwind.by_role[Role.ADMINISTRATOR]).get(page))

    def test_is_not_for_everyone(self, northwind, client):
        assert sign_in(client, northwind.by_role[Role.BILLING_ONLY]).get(PAGE).status_code == 403


class TestTheSentences:
    @pytest.mark.parametrize("action", SENTENCES)
    def test_are_whole(self, action):
        assert "%(" not in sentence_of(AuditEvent(action=action, target_name="Acme"))

    def test_show_the_code_of_an_act_that_has_none(self):
        assert sentence_of(AuditEvent(action="moon.landed_on", target_name="Sea")) == "moon landed on Sea"

    def test_say_what_someone_was_not_allowed_to(self):
        assert sentence_of(AuditEvent(action="refused.edit_caps")) == "was not allowed to edit user caps"
