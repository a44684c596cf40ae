"""Events for webhooks: written in the transaction of the act, once for each endpoint that listens, by whoever acts."""

import json
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from msp_portal.lib import nudge, tenancy
from tests.cast import sign_in
from tests.usage.test_many_caps import confirm, preview, ticked
from tests.usage.webhooks import endpoint
from usage.actions.seat_requests import ask_for_seats, decline_seats, grant_seats, withdraw_request
from usage.actions.webhooks import announce
from usage.models import WebhookDelivery, WebhookEndpoint

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def northwind(cast):
    return cast.northwind


@pytest.fixture
def acme(northwind):
    northwind.clients[0].cap(10)
    return northwind.clients[0]


def ask(client):
    asked = {"seats": 5, "reason": "New branch", "until": date(2026, 4, 1)}
    return ask_for_seats(organization=client.organization, **asked, by=client.administrator, at=AT)


def told():
    return [(delivery.type, json.loads(delivery.body)["data"]) for delivery in WebhookDelivery.objects.order_by("pk")]


class TestAnEvent:
    def test_is_written_once_for_each_active_endpoint_that_listens(self, cast, northwind):
        listening = [endpoint(northwind.provider), endpoint(northwind.provider, types=["cap.changed"])]
        endpoint(northwind.provider, types=["seat_request.opened"])
        endpoint(northwind.provider, paused_at=AT)
        endpoint(cast.bluefin.provider)
        assert announce("cap.changed", {"cap": 5}, provider=northwind.provider, at=AT) == 2
        found = WebhookDelivery.objects.all()
        assert {delivery.endpoint for delivery in found} == set(listening)
        assert len({delivery.message_id for delivery in found}) == 1, "it is one event"
        assert found[0].message_id.startswith("msg_")
        assert found[0].body == '{"type":"cap.changed","timestamp":"2026-03-04T05:06:07Z","data":{"cap":5}}'

    def test_goes_back_with_the_act(self, northwind):
        endpoint(northwind.provider)
        with transaction.atomic():
            assert announce("cap.changed", {}, provider=northwind.provider, at=AT) == 1
            transaction.set_rollback(True)
        assert told() == []

    def test_nudges_the_worker_after_the_commit_and_only_where_someone_listens(
        self, northwind, monkeypatch, django_capture_on_commit_callbacks
    ):
        asked = []
        monkeypatch.setattr(nudge, "worker", asked.append)
        for listeners in (0, 1):
            with django_capture_on_commit_callbacks(execute=True):
                assert announce("cap.changed", {}, provider=northwind.provider, at=AT) == listeners
                assert asked == []
            endpoint(northwind.provider)
        assert asked == ["usage.tasks.deliver_webhooks"]

    def test_can_be_told_by_whoever_must_not_see_where(self, northwind, acme):
        endpoint(northwind.provider)
        for place in (acme.administrator, northwind.limited, northwind.owner):
            with tenancy.scope(northwind.pk, place.reach):
                assert announce("cap.changed", {}, provider=northwind.provider, at=AT) == 1
                seen = WebhookEndpoint.objects.count(), WebhookDelivery.objects.exists()
            assert seen == ((1, True) if place == northwind.owner else (0, False))

    def test_of_another_provider_is_told_to_nobody(self, cast, northwind):
        endpoint(cast.bluefin.provider)
        with tenancy.scope(northwind.pk):
            assert announce("cap.changed", {}, provider=cast.bluefin.provider, at=AT) == 0
        with pytest.raises(DatabaseError, match="another tenant"), tenancy.scope(northwind.pk), connection.cursor() as cursor:
            cursor.execute("select usage_announce(%s, 'cap.changed', '{x}', now(), '')", [cast.bluefin.pk])
        assert told() == []
        assert announce("cap.changed", {}, provider=cast.bluefin.provider, at=AT) == 1


class TestActs:
    @pytest.fixture(autouse=True)
    def listening(self, northwind):
        endpoint(northwind.provider)

    def test_of_a_request_for_seats_are_told(self, acme, northwind):
        usual = {
            "organization": {"id": acme.pk, "name": "Acme Dental"},
            "seats": 5,
            "reason": "New branch",
            "until": "2026-04-01",
            "askedBy": acme.administrator.name,
        }
        first = ask(acme)
        decline_seats(request=first, answer="No.", by=northwind.owner, at=AT)
        again = ask(acme)
        withdraw_request(request=again, by=acme.administrator, at=AT)
        third = ask(acme)
        grant_seats(request=third, seats=3, seen_cap=10, by=northwind.owner, at=AT)
        usual, again, third = ({**usual, "id": each.pk} for each in (first, again, third))
        by = northwind.owner.name
        assert told() == [
            ("seat_request.opened", usual),
            ("seat_request.declined", {**usual, "decidedBy": by, "answer": "No."}),
            ("seat_request.opened", again),
            ("seat_request.withdrawn", {**again, "decidedBy": acme.administrator.name}),
            ("seat_request.opened", third),
            (
                "cap.changed",
                {
                    "organization": usual["organization"],
                    "before": 10,
                    "after": 13,
                    "by": by,
                },
            ),
            ("seat_request.granted", {**third, "decidedBy": by, "grantedSeats": 3, "answer": ""}),
        ]

    def test_on_many_caps_are_told_one_by_one(self, client, northwind):
        organizations = [each.organization for each in northwind.clients]
        confirm(sign_in(client, northwind.owner), preview(client, ticked(organizations, number="44")))
        assert sorted((kind, data["organization"]["id"], data["after"]) for kind, data in told()) == [
            ("cap.changed", organization.pk, 44) for organization in organizations
        ]
