"""Contracts: which version counts, and that usage follows it."""

import hashlib
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from accounts.models import AuditEvent, Provider
from billing import pdf
from billing.actions.contracts import VersionsOverlap, follow_contract, follow_contracts
from billing.actions.documents import make_document, make_missing_documents
from billing.models import Contract, ContractDocument
from billing.tasks import follow_all_contracts, make_contract_documents
from tests.billing.books import live_at, sign
from tests.usage.history import utc
from usage.models import Licensing

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return Provider.objects.create(name="Northwind MSP", time_zone="America/Denver")


def committed_of(provider):
    found = Licensing.objects.filter(provider=provider).first()
    return found and found.committed


class TestTheVersionInForce:
    def test_is_the_newest_that_has_begun_and_not_ended(self, provider):
        sign(provider, committed=100, valid_from=date(2026, 1, 1), ends_on=date(2026, 6, 30))
        sign(provider, committed=150, valid_from=date(2026, 4, 1), ends_on=date(2026, 12, 31))
        in_force = {
            day: Contract.objects.in_force(day).first() for day in (date(2025, 12, 31), date(2026, 3, 31), date(2026, 4, 1))
        }
        assert [found and found.committed for found in in_force.values()] == [None, 100, 150]
        assert not Contract.objects.in_force(date(2027, 1, 1)).exists()

    def test_is_what_usage_is_told_from_its_day_on(self, provider):
        sign(provider, committed=100, valid_from=date(2026, 1, 1), at=utc(2026, 1, 2))
        sign(provider, committed=150, valid_from=date(2026, 4, 1), at=utc(2026, 3, 20))
        assert committed_of(provider) == 100
        follow_contracts(at=utc(2026, 4, 1, 5, 59))  # 23:59 of 31 March in Denver
        assert committed_of(provider) == 100
        follow_contracts(at=utc(2026, 4, 1, 6, 1))
        assert committed_of(provider) == 150

    def test_is_told_with_package_prices_and_end(self, provider):
        sign(provider, committed=100, ends_on=date(2026, 12, 31), unit_price=Decimal("7.2500"))
        told = Licensing.objects.get(provider=provider)
        assert (told.package_name, told.includes, told.unit_price, told.overage_price, told.currency, told.contract_ends_on) == (
            "Platform Plus",
            ["Directory", "Devices"],
            Decimal("7.2500"),
            Decimal("12.5000"),
            "USD",
            date(2026, 12, 31),
        )

    def test_leaves_nothing_to_usage_when_the_contract_has_ended(self, provider):
        sign(provider, committed=100, ends_on=date(2026, 6, 30))
        assert follow_contract(provider=provider, day=date(2026, 7, 1)) is None
        assert not Licensing.objects.filter(provider=provider).exists()

    def test_is_followed_to_the_same_end_however_often_the_task_runs(self, provider):
        sign(provider, committed=100)
        for _ in range(3):
            follow_all_contracts()
        assert committed_of(provider) == 100


class TestANewVersion:
    def test_counts_up_and_is_noted(self, provider):
        versions = [sign(provider, committed=100), sign(provider, committed=120, valid_from=date(2026, 2, 1))]
        assert [str(version) for version in versions] == ["C-1", "C-1 v2"]
        assert AuditEvent.objects.filter(action="billing.contract.added").count() == 2

    def test_is_refused_before_the_present_one_begins(self, provider):
        sign(provider, committed=100, valid_from=date(2026, 3, 1))
        with pytest.raises(VersionsOverlap), transaction.atomic():
            sign(provider, committed=1, valid_from=date(2026, 2, 28))
        assert Contract.objects.count() == 1

    def test_is_the_only_way_to_change_one(self, provider):
        contract = sign(provider, committed=100)
        with pytest.raises(DatabaseError), transaction.atomic():
            Contract.objects.filter(pk=contract.pk).update(committed=1)


class TestThePaper:
    def test_is_a_tagged_pdf_with_the_terms_and_its_fonts(self, provider):
        live_at(provider)
        make_document(sign(provider, committed=2500, ends_on=date(2026, 12, 31)))
        paper = ContractDocument.objects.get()
        reader = PdfReader(io.BytesIO(bytes(paper.content)))
        text = " ".join(page.extract_text() for page in reader.pages)
        assert all(
            words in text
            for words in ("Northwind MSP, LLC", "1400 Wynkoop Street", "2,500", "12.50", "31 December 2026", "Page 1 of 2")
        )
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert reader.trailer["/Root"]["/Lang"] == "en"
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
        assert all("Portal-Paper" in font["/BaseFont"] for font in fonts)  # ours, not what this machine happens to have
        assert all("/FontFile3" in font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts)
        assert paper.sha256 == hashlib.sha256(bytes(paper.content)).hexdigest()

    def test_is_drawn_once_and_kept(self, provider):
        sign(provider, committed=100)
        make_contract_documents()
        first = ContractDocument.objects.get()
        provider.name = "Renamed"
        provider.save(update_fields=["name"])
        make_contract_documents()
        make_document(Contract.objects.get())
        assert ContractDocument.objects.get().sha256 == first.sha256

    def test_is_not_drawn_without_a_commitment(self, provider):
        sign(provider, committed=None)
        assert make_missing_documents() == 0
        assert not ContractDocument.objects.exists()

    def test_says_markup_in_a_name_as_text(self, provider):
        live_at(provider, company="<b>Bold & Sons</b>")
        make_document(sign(provider, committed=5))
        reader = PdfReader(io.BytesIO(bytes(ContractDocument.objects.get().content)))
        assert "<b>Bold & Sons</b>" in reader.pages[0].extract_text()

    def test_fetches_nothing_from_elsewhere(self, provider, monkeypatch):
        html = pdf.render_to_string
        picture = '<img src="file:///etc/hosts" alt="x"></main>'
        monkeypatch.setattr(pdf, "render_to_string", lambda *said: html(*said).replace("</main>", picture))
        contract = sign(provider, committed=5)
        with pytest.raises(FatalURLFetchingError):
            make_document(contract)
        assert not ContractDocument.objects.exists()
