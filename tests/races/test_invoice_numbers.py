"""Numbers of invoices: thirty-two threads issue at once, a fifth of them fail, and no number is missing or given twice."""

from random import Random

import pytest
from django.db import transaction

from accounts.models import Provider
from billing.models import Invoice, InvoiceSeries
from billing.verification import first_fault
from tests.billing.books import bill_march, peaks_in_march, sign

THREADS = 32
ROLLED_BACK = 0.2


class PowerOut(Exception):
    """What rolls an issuing back."""


@pytest.fixture
def invoices(full):
    return 1280 if full else 160


def test_have_no_gap_and_no_double(committed, invoices):
    with transaction.atomic():
        providers = [Provider.objects.create(name=f"MSP {number}") for number in range(8)]
        for provider in providers:
            peaks_in_march(provider, 2, 3)
        contracts = [sign(provider) for provider in providers]
    share = invoices // THREADS
    failed = committed.together([lambda place=place: issue_many(contracts[place % 8], place, share) for place in range(THREADS)])
    assert sum(failed) > invoices * ROLLED_BACK / 2, "some must have been rolled back"
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-2026-{number:05d}" for number in range(1, invoices + 1)]
    assert InvoiceSeries.objects.get().last_number == invoices
    assert first_fault() is None


def issue_many(contract, place, share):
    """Issue so many; one in five is rolled back just before its commit, and tried again. How many were."""
    random, failed = Random(place), 0
    for number in range(share):
        while random.random() < ROLLED_BACK:
            failed += 1
            with pytest.raises(PowerOut):
                issue_in_vain(contract, 1 + place * share + number)
        bill_march(contract, revision=1 + place * share + number)
    return failed


@transaction.atomic
def issue_in_vain(contract, revision):
    bill_march(contract, revision=revision)
    raise PowerOut
