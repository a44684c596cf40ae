"""Paying in a browser: by hand until the invoice is paid in full, and by autopay when the first card is declined."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from playwright.sync_api import expect

from tests.journeys.test_payment_methods import MASTERCARD, VISA, add_card

DECLINED = "4000000000000341"


@pytest.fixture
def northwind(cast):
    """With an open invoice of 37.50 USD, due on 1 May."""
    from tests.billing import books

    with transaction.atomic():
        northwind = cast.northwind
        books.live_at(northwind.provider)
        books.peaks_in_march(northwind.provider, 8, 5, 4)
        northwind.overage = books.overage_of_march(books.sign(northwind.provider, committed=14))
    return northwind


@pytest.fixture
def olivia(northwind, window, stand_in, live_worker):
    return window(northwind.owner, "/account/payments/")


def told_by_mail():
    """All mails, whoever sent them: the worker, or the sweep here."""
    from msp_portal.lib.models import MailboxMessage, OutboxMessage
    from msp_portal.lib.tasks import sweep_outbox

    sweep_outbox()
    wait_until(lambda: not OutboxMessage.objects.filter(sent_at=None).exists())
    return "\n".join([*MailboxMessage.objects.values_list("text", flat=True), *(message.body for message in mail.outbox)])


def wait_until(it_is_done):
    """For what the worker does."""
    until = time.monotonic() + 20
    while not it_is_done():
        assert time.monotonic() < until, "the worker does not come"
        time.sleep(0.05)


class TestPayingByHand:
    def test_takes_a_card_from_the_hosted_page_to_paid_in_full(self, olivia, northwind, stand_in):
        add_card(olivia, MASTERCARD)
        add_card(olivia, VISA, make_default=True)
        olivia.goto("/account/payments/")
        expect(olivia.locator("tbody")).to_contain_text("Past Due")
        olivia.get_by_role("link", name="Pay now").first.click()
        olivia.get_by_role("button", name="Pay 37.50").click()
        expect(olivia.locator("#payment-progress")).to_contain_text("Paid.")
        olivia.get_by_role("link", name=northwind.overage.number).click()
        expect(olivia.locator(".facts")).to_contain_text("Paid In Full")
        expect(olivia.locator(".timeline")).to_contain_text("Visa •••• 4242")
        assert [charge["amount"] for charge in stand_in.charges()] == [3750]


class TestAutopay:
    def test_falls_to_the_backup_and_page_and_mail_say_so(self, olivia, northwind):
        from billing.actions.autopay import charge_what_is_due
        from billing.models import Charge

        add_card(olivia, DECLINED)
        add_card(olivia, VISA)
        olivia.goto("/account/billing/")
        olivia.get_by_role("link", name=re.compile("autopay", re.IGNORECASE)).first.click()
        dialog = olivia.get_by_role("dialog")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_be_hidden()
        address = f"/account/payments/{northwind.overage.pk}/"
        olivia.goto(address)
        expect(olivia.locator(".timeline")).to_contain_text("Visa •••• 0341")
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=12)
        for _ in range(2):
            charge_what_is_due(at=tomorrow)
            wait_until(lambda: not Charge.objects.live().exists())
        olivia.goto(address)
        expect(olivia.locator(".facts")).to_contain_text("Paid In Full")
        timeline = olivia.locator(".timeline")
        expect(timeline).to_contain_text("Visa •••• 0341")
        expect(timeline).to_contain_text("declined")
        expect(timeline).to_contain_text("Visa •••• 4242")
        told = told_by_mail()
        assert "Visa •••• 0341" in told
        assert "declined" in told
        assert "Visa •••• 4242" in told
