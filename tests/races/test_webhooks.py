"""Webhooks come late, twice and in any order: the end is the same, and each has its effect once."""

import hashlib
import hmac
import random
import time
from collections import Counter
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Provider
from billing import psp
from billing.actions.collecting import collect
from billing.actions.webhooks import work_inbox
from billing.models import Charge, ChargeEvent, Payment, WebhookEvent
from billing.verification import first_fault
from tests.billing.paying import bills, mean, method_of, now
from tests.services.stand_in import WEBHOOK_SECRET

THREADS = 16
DELIVERIES = 3
KINDS = {"payment_intent.processing", "payment_intent.succeeded", "refund.created"}


@pytest.fixture
def payments(full):
    return 200 if full else 12


@pytest.fixture
def told(committed, stand_in, payments):
    """The three events of each payment: a debit under way, paid, and given back in part. None has reached us."""
    stand_in.control("configure", paused=True)
    provider = Provider.objects.create(name="Northwind MSP")
    account = method_of(provider, stand_in, "000123456789", "bank_account")
    for invoice in bills(provider, payments):
        mean(invoice, account)
    collect(now)
    stand_in.control("settle")
    for sent in Charge.objects.all():
        psp.refund(charge_id=sent.psp_id, amount=Decimal("2.50"), currency="USD", idempotency_key=f"back {sent.psp_id}")
    return [row["body"] for row in stand_in.events() if row["event"]["type"] in KINDS]


def deliver(body, secret=WEBHOOK_SECRET, at=None):
    """Post the event as the payment provider would; the status of the answer."""
    second = int(at or time.time())
    signed = hmac.new(secret.encode(), f"{second}.{body}".encode(), hashlib.sha256).hexdigest()
    return (
        Client()
        .post(
            reverse("webhook-payments"),
            body,
            content_type="application/json",
            headers={"Stripe-Signature": f"t={second},v1={signed}"},
        )
        .status_code
    )


class TestEveryEvent:
    def test_has_its_effect_once_in_whatever_order_it_comes(self, told, committed, payments):
        assert len(told) == 3 * payments
        letters = told * DELIVERIES
        random.shuffle(letters)

        def post_and_work(mine):
            answers = [deliver(body) for body in mine]
            work_inbox(now)
            return Counter(answers)

        answers = committed.together([lambda mine=letters[place::THREADS]: post_and_work(mine) for place in range(THREADS)])
        work_inbox(now)
        assert sum(answers, Counter()) == {204: len(letters)}
        assert Counter(Charge.objects.values_list("state", flat=True)) == {"succeeded": payments}
        assert ChargeEvent.objects.exclude(event_id="").count() == 3 * payments, "the effects"
        assert Counter(Payment.objects.values_list("kind", "amount")) == {
            ("direct_debit", Decimal("12.500")): payments,
            ("refund", Decimal("-2.500")): payments,
        }
        assert Counter(WebhookEvent.objects.values_list("outcome", flat=True)) == {"applied": 3 * payments}
        assert first_fault() is None

    def test_replayed_fifty_times_at_once_is_stored_once(self, told, committed):
        assert committed.together([lambda: deliver(told[0])] * 50) == [204] * 50
        committed.together([lambda: work_inbox(now)] * 4)
        assert ChargeEvent.objects.exclude(event_id="").count() == 1
