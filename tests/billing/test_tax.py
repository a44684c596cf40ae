"""Taxes: which are charged, that they are copied onto the invoice, and that page, CSV, paper and ledger say the same."""

import importlib
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing.actions.invoices import issue_credit_note
from billing.models import InvoiceTax, Posting, TaxRate
from billing.tax import tax_lines
from msp_portal.lib.money import CURRENCIES, minor_digits
from tests.billing.books import FIRST_OF_APRIL, bill_march, live_at, peaks_in_march, rows_of_csv, sign, words_of
from tests.billing.runs import msp
from tests.billing.test_invoice_document import paper_of, text_of
from tests.cast import sign_in

APRIL = date(2026, 4, 1)
GERMAN, FRENCH = "DE136695976", "FR83404833048"


def rate(country="DE", percent="19", name="VAT", region="", valid_from=date(2020, 1, 1), owed_by_customer=True):
    return TaxRate(
        country=country,
        percent=Decimal(percent),
        name=name,
        region=region,
        valid_from=valid_from,
        owed_by_customer=owed_by_customer,
    )


RATES = [rate(), rate("FR", "20"), rate("US", "2.9", "Sales tax", "CO", owed_by_customer=False)]


def taxes(country, *, tax_number="", region="", net="100.00", currency="EUR", vendor="DE", rates=RATES, day=APRIL):
    customer = {"country": country, "tax_number": tax_number, "region": region}
    lines = tax_lines(customer, Decimal(net), currency=currency, day=day, rates=rates, vendor_country=vendor)
    return [(line.name, line.percent, line.amount, line.note) for line in lines]


class TestWhichTaxes:
    def test_the_rate_at_home_is_charged_whatever_number_there_is(self):
        assert taxes("DE", tax_number=GERMAN) == taxes("DE") == [("VAT", 19, 19, "")]

    def test_a_business_abroad_with_a_valid_number_owes_it_itself(self):
        assert taxes("FR", tax_number=FRENCH) == [("VAT", 0, 0, "Reverse charge: VAT is owed by the customer.")]

    @pytest.mark.parametrize("number", ["", "FR00000000000", GERMAN])
    def test_without_a_valid_number_of_its_country_it_is_charged(self, number):
        assert taxes("FR", tax_number=number) == [("VAT", 20, 20, "")]

    def test_where_there_is_no_rate_there_is_no_tax(self):
        assert taxes("CH") == taxes("", vendor="US") == []

    def test_a_region_is_told_however_it_is_written(self):
        assert taxes("US", region=" co ", vendor="US", currency="USD") == [("Sales tax", Decimal("2.9"), Decimal("2.90"), "")]
        assert taxes("US", region="NV", vendor="US") == []

    def test_the_newest_rate_counts_from_its_day_on(self):
        rates = [rate(percent="16", valid_from=APRIL), rate(percent="19")]
        assert taxes("DE", rates=rates)[0][1] == 16
        assert taxes("DE", rates=rates, day=date(2026, 3, 31))[0][1] == 19

    def test_rates_of_two_names_add_up_and_the_regions_stands_before_the_countrys(self):
        canada = [rate("CA", "5", "GST"), rate("CA", "9.975", "QST", "Quebec"), rate("CA", "13", "GST", "Ontario")]
        assert [line[:2] for line in taxes("CA", region="Quebec", vendor="CA", rates=canada)] == [
            ("GST", 5),
            ("QST", Decimal("9.975")),
        ]
        assert [line[:2] for line in taxes("CA", region="Ontario", vendor="CA", rates=canada)] == [("GST", 13)]

    def test_a_rate_of_0_ends_a_tax(self):
        assert taxes("DE", rates=[rate(), rate(percent="0", valid_from=APRIL)]) == []

    @given(net=st.decimals(0, 10**8, places=3), percent=st.decimals(0, 100, places=3), currency=st.sampled_from(CURRENCIES))
    def test_an_amount_is_rounded_once_half_to_even(self, net, percent, currency):
        unit = Decimal(1).scaleb(-minor_digits(currency))
        for _name, _percent, amount, _note in taxes("DE", net=str(net), currency=currency, rates=[rate(percent=str(percent))]):
            off = abs(amount - net * percent / 100)
            assert amount == amount.quantize(unit)
            assert off <= unit / 2
            assert off < unit / 2 or amount.quantize(unit) / unit % 2 == 0


@pytest.fixture
def german(db, settings):
    """A customer in Germany of a vendor in Germany, and its invoice of March for 17 users at 10.00."""
    settings.VENDOR_COUNTRY, settings.VENDOR_TAX_NUMBER = "DE", "DE999999999"
    rate().save()
    provider = msp()
    live_at(provider, country="DE", tax_number=GERMAN)
    peaks_in_march(provider, 8, 5, 4)
    return bill_march(sign(provider, currency="EUR"))


class TestAnInvoice:
    def test_carries_the_tax_of_its_day_in_total_and_ledger(self, german):
        tax = InvoiceTax.objects.get()
        assert (str(tax), tax.base_amount, tax.amount) == ("VAT 19 %", 170, Decimal("32.30"))
        assert (german.total_amount, german.net_amount) == (Decimal("202.30"), 170)
        assert posted() == {"receivable": Decimal("202.30"), "revenue": -170, "tax": Decimal("-32.30")}

    def test_copies_country_and_tax_number_of_the_customer(self, german):
        assert (german.billed_to["country"], german.billed_to["tax_number"]) == ("DE", GERMAN)
        assert german.billed_to["address"][-1] == "Germany"

    def test_is_taken_back_with_its_tax(self, german):
        note = issue_credit_note(invoice=german, reason="Wrong", by=None, at=FIRST_OF_APRIL)
        assert [(tax.base_amount, tax.amount, str(tax)) for tax in note.taxes.all()] == [(-170, Decimal("-32.30"), "VAT 19 %")]
        assert set(posted().values()) == {0}

    def test_says_net_tax_total_and_both_numbers_on_its_paper(self, german):
        text = text_of(paper_of(german))
        for words in (
            "Net 170.00 EUR VAT 19 % 32.30 EUR Total 202.30 EUR",
            f"Your tax number {GERMAN}",
            "Our tax number DE999999999",
            "Please pay 202.30 EUR",
        ):
            assert words in text

    def test_says_why_there_is_none_where_the_customer_owes_it(self, db, settings):
        settings.VENDOR_COUNTRY = "US"
        rate().save()
        provider = msp()
        live_at(provider, country="DE", tax_number=GERMAN)
        peaks_in_march(provider, 8)
        invoice = bill_march(sign(provider, currency="EUR"))
        words = "VAT 0 % Reverse charge: VAT is owed by the customer. 0.00 EUR Total 80.00 EUR"
        assert words in text_of(paper_of(invoice))
        assert invoice.total_amount == 80


class TestPageAndFile:
    @pytest.fixture
    def invoice(self, northwind, settings):
        """Northwind's March again, at home in Germany."""
        settings.VENDOR_COUNTRY = "DE"
        rate().save()
        live_at(northwind.provider, country="DE", tax_number=GERMAN)
        return bill_march(sign(northwind.provider, currency="EUR", valid_from=date(2026, 2, 1)))

    def test_show_net_tax_and_total(self, client, northwind, invoice):
        words = words_of(sign_in(client, northwind.owner).get(invoice.get_absolute_url()))
        assert "Net 170.00\xa0EUR".replace("\xa0", " ") in words
        assert "VAT 19 % 32.30 EUR Total of the invoice 202.30 EUR" in words
        assert f"Tax number {GERMAN}" in words

    def test_add_up_to_the_total_in_the_amount_column(self, client, northwind, invoice):
        rows = rows_of_csv(sign_in(client, northwind.owner).get(reverse("invoice-csv", args=[invoice.pk])))
        assert sum(Decimal(row["Amount"]) for row in rows) == invoice.total_amount
        assert (rows[-1]["Description"], rows[-1]["Amount"], rows[-1]["Organization"]) == ("Tax: VAT 19 %", "32.30", "")


def test_countries_that_were_texts_become_codes_and_no_address_loses_a_line():
    """The migration's own function, on rows as they were."""
    move = importlib.import_module("billing.migrations.0007_tax").name_countries_by_code
    found = {}

    class Row:
        def __init__(self, country):
            self.country, self.region = country, "Hill"

        def save(self, update_fields):
            found[self.was] = (self.country, self.region)

    rows = []
    for text in ("Germany", "united states", "FR", "Freedonia"):
        rows.append(Row(text))
        rows[-1].was = text

    class Apps:
        objects = type("Rows", (), {"exclude": staticmethod(lambda **_: rows)})
        get_model = staticmethod(lambda *_: Apps)

    move(Apps, None)
    assert found == {
        "Germany": ("DE", "Hill"),
        "united states": ("US", "Hill"),
        "FR": ("FR", "Hill"),
        "Freedonia": ("", "Hill Freedonia"),
    }


def posted():
    rows = Posting.objects.values("account").annotate(sum=Sum("amount"))
    return {row["account"]: row["sum"] for row in rows}
