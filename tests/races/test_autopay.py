"""Two beats, several workers, and a person who pays at the same instant: one charge of each invoice, one mail of each thing."""

from datetime import timedelta

import pytest

from accounts.models import Provider
from billing.actions.autopay import charge_what_is_due
from billing.actions.charges import ChargeUnderWay, intend_charge
from billing.actions.notices import tell_what_is_due
from billing.models import BillingInformation, Charge, Notice
from msp_portal.lib.models import OutboxMessage
from tests.billing.autopay_play import DUE, on_file, switch_on
from tests.billing.paying import bills

WORKERS = 8
MSPS, INVOICES = 3, 4


@pytest.fixture
def due(committed):
    """Three providers with autopay and four invoices that are due on 1 May."""
    made = []
    for number in range(MSPS):
        provider = Provider.objects.create(name=f"MSP {number}")
        BillingInformation.objects.create(provider=provider, contact_email="pay@x.example", recipients=["pay@x.example"])
        on_file(provider)
        switch_on(provider)
        made += bills(provider, INVOICES)
    return made


def test_workers_at_the_same_instant_charge_each_invoice_once(committed, due):
    meant = committed.together([lambda: charge_what_is_due(at=DUE)] * WORKERS)
    assert sum(meant) == len(due), meant
    assert sorted(Charge.objects.values_list("invoice_id", "attempt")) == sorted((invoice.pk, 1) for invoice in due)


def test_workers_at_the_same_instant_write_each_mail_once(committed, due):
    told = committed.together([lambda: tell_what_is_due(at=DUE - timedelta(days=2))] * WORKERS)
    assert sum(told) == Notice.objects.count() == OutboxMessage.objects.filter(kind="mail").count() == len(due)


def test_a_person_who_pays_at_the_same_instant_pays_once(committed, due):
    method = due[0].provider.paymentmethods.get()

    def by_hand():
        try:
            intend_charge(invoice=due[0], method=method, reason="pay_now", by=None, at=DUE)
        except ChargeUnderWay:
            return "under way"
        return "meant"

    outcomes = committed.together([by_hand, lambda: charge_what_is_due(at=DUE)] * (WORKERS // 2))
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert Charge.objects.filter(invoice=due[0]).count() == 1
    assert Charge.objects.count() == len(due)
