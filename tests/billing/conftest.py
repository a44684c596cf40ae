"""The cast's Northwind with invoices of March, and Bluefin with nothing billed."""

import pytest


@pytest.fixture
def billed(cast):
    """Northwind: an overage invoice for 3 of 17 users over 14, which are 37.50; committed 14 from January on."""
    from accounts.models import Provider
    from tests.billing import books

    northwind = cast.northwind
    books.peaks_in_march(northwind.provider, 8, 5, 4)
    Provider.objects.filter(pk=northwind.pk).update(
        account_manager_name="Priya Raman", account_manager_email="priya@vendor.example"
    )
    northwind.contract = books.sign(northwind.provider, committed=14)
    northwind.overage = books.overage_of_march(northwind.contract)
    return cast


@pytest.fixture
def northwind(billed):
    return billed.northwind


@pytest.fixture
def paying(northwind):
    """Northwind with a card, then a bank account, and autopay on; 37.50 USD are due on 1 May."""
    from tests.billing import autopay_play

    northwind.card = autopay_play.on_file(northwind.provider)
    northwind.bank = autopay_play.bank_on_file(northwind.provider)
    autopay_play.switch_on(northwind.provider)
    return northwind
