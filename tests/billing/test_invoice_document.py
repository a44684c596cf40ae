"""The papers of invoices and credit notes: what stands on them, that they are drawn once, and who gets them."""

import hashlib
import io
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import Organization, Provider
from accounts.roles import Role
from billing.actions import documents
from billing.actions.documents import make_invoice_document, make_missing_invoice_documents
from billing.actions.invoices import issue_credit_note
from billing.models import Invoice, InvoiceDocument, InvoiceLine
from billing.tasks import make_invoice_documents
from msp_portal.lib import tenancy
from tests.billing.books import FIRST_OF_APRIL, MARCH, bill_march, live_at, overage_of_march, peaks_in_march, sign, words_of
from tests.cast import sign_in
from tests.usage.history import utc

pytestmark = pytest.mark.django_db

A4 = (595, 842)
LETTER = (612, 792)


@pytest.fixture
def provider():
    return Provider.objects.create(name="Northwind MSP")


@pytest.fixture
def overage(provider):
    """Of March, for 3 of 17 users over 14."""
    live_at(provider, po_number="PO-77")
    peaks_in_march(provider, 8, 5, 4)
    return overage_of_march(sign(provider, committed=14))


def paper_of(invoice):
    make_invoice_document(invoice)
    return InvoiceDocument.objects.get(invoice=invoice)


def read(paper):
    return PdfReader(io.BytesIO(bytes(paper.content)))


def text_of(paper):
    """All pages in one line."""
    return " ".join(" ".join(page.extract_text() for page in read(paper).pages).split())


def millimetres(page, words):
    """From the left and from the top, where `words` begin: the line's place on a plane that may be turned (ISO 32000-1, 9.4.4)."""
    found = {}

    def note(text, plane, line, _font, _size):
        (a, b, c, d, e, f), (x, y) = plane, line[4:]
        found[text.strip()] = (a * x + c * y + e, float(page.mediabox.height) - (b * x + d * y + f))

    page.extract_text(visitor_text=note)
    return [round(points * 25.4 / 72, 1) for points in found[words]]


def credit(invoice):
    return issue_credit_note(invoice=invoice, reason="Wrong PO", by=None, at=FIRST_OF_APRIL)


def with_lines(provider, number_of_lines, name="Client"):
    """An invoice that none of the actions would make so quickly."""
    invoice = Invoice.objects.create(
        provider=provider,
        number="INV-2026-00777",
        kind=Invoice.Kind.MONTHLY,
        month=MARCH,
        marks_month=MARCH,
        time_zone="America/Denver",
        issued_on=date(2026, 4, 1),
        due_on=date(2026, 5, 1),
        currency="EUR",
        total_amount=Decimal("8.50") * number_of_lines,
        billed_to={"company": provider.name, "address": []},
    )
    line = {"invoice": invoice, "provider": provider, "high_water_mark": 1, "committed_part": 0, "overage_part": 0}
    prices = {"unit_price": Decimal("8.50"), "amount": Decimal("8.50")}
    places = range(1, number_of_lines + 1)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(**line, **prices, place=place, organization_name=f"{name} {place}") for place in places
    )
    return invoice


class TestThePaper:
    def test_says_who_owes_whom_how_much_for_what_and_until_when(self, overage):
        text = text_of(paper_of(overage))
        for words in (
            "Provider Portal Inc.",
            "Northwind MSP, LLC Grace Lindqvist 1400 Wynkoop Street Denver United States of America",
            "Overage invoice INV-2026-00001",
            "Period March 2026",
            "Time zone UTC",
            "Due date 1 May 2026",
            "Your PO number PO-77",
            "Within the commitment Over the commitment",
            "1 Acme 8 8 7 1 12.50 USD 12.50 USD",
            "Total 37.50 USD",
            "Please pay 37.50 USD by 1 May 2026, with the reference INV-2026-00001.",
            "Page 1 of 1",
        ):
            assert words in text

    @pytest.mark.parametrize(
        ("country", "sizes"), [("US", {LETTER}), ("CA", {LETTER}), ("DE", {A4, (595, 841)}), ("", {A4, (595, 841)})]
    )
    def test_has_the_size_of_the_customers_paper(self, provider, country, sizes):
        live_at(provider, country=country)
        peaks_in_march(provider, 3)
        reader = read(paper_of(bill_march(sign(provider))))
        assert {tuple(map(int, page.mediabox[2:])) for page in reader.pages} <= sizes

    def test_is_a_tagged_pdf_with_its_own_fonts(self, overage):
        reader = read(paper_of(overage))
        root = reader.trailer["/Root"]
        assert (root["/MarkInfo"]["/Marked"], root["/Lang"]) == (True, "en")
        assert b"pdfuaid" in root["/Metadata"].get_data()
        fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
        assert fonts
        assert all("Portal-Paper" in font["/BaseFont"] for font in fonts)

    def test_without_a_commitment_leaves_the_room_of_its_columns_to_the_names(self, provider):
        peaks_in_march(provider, 3)
        text = text_of(paper_of(bill_march(sign(provider))))
        assert "1 Acme 3 3 10.00 USD 30.00 USD" in text
        assert "Within the commitment" not in text

    def test_keeps_the_address_in_the_window_of_the_envelope(self, overage):
        """45 mm from the top and 20 mm from the left, by 85 mm and 45 mm (DIN 5008, form B)."""
        page = read(paper_of(overage)).pages[0]
        for words in ("Northwind MSP, LLC", "United States of America"):
            left, top = millimetres(page, words)
            assert 20 <= left <= 105
            assert 45 <= top <= 90

    def test_of_a_credit_note_names_the_invoice_it_corrects(self, overage):
        text = text_of(paper_of(credit(overage)))
        assert "Credit note CN-2026-00001" in text
        assert "takes back the whole of invoice INV-2026-00001 of 1 April 2026. Reason: Wrong PO" in text
        assert "Total -37.50 USD" in text
        assert "Nothing is to be paid." in text
        assert "Please pay" not in text

    def test_of_a_commitment_says_whose_marks_spread_it(self, provider):
        from billing.actions.invoices import issue_monthly_invoice

        peaks_in_march(provider, 8, 5)
        april = date(2026, 4, 1)
        invoice = issue_monthly_invoice(contract=sign(provider, committed=14), month=april, by=None, at=FIRST_OF_APRIL)
        assert "The commitment for April 2026, paid in advance" in text_of(paper_of(invoice))

    def test_of_many_lines_repeats_their_heads_and_its_number_on_every_page(self, provider):
        pages = [page.extract_text() for page in read(paper_of(with_lines(provider, 120))).pages]
        assert len(pages) >= 3
        for number, page in enumerate(pages, start=1):
            assert "Monthly invoice INV-2026-00777" in page
            assert f"Page {number} of {len(pages)}" in page
            assert "Unit price" in page
        assert [page.count("Total") for page in pages[:-1]] == [0] * (len(pages) - 1)
        assert "1,020.00" in pages[-1]
        assert all(f"Client {place} " in " ".join(" ".join(pages).split()) for place in range(1, 121))

    def test_keeps_long_names_and_umlauts_beside_the_figures(self, provider):
        name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft Möwe"
        text = text_of(paper_of(with_lines(provider, 1, name)))
        assert name.replace(" ", "") in text.replace(" ", "").replace("\n", "")
        assert "8.50 EUR" in text

    def test_says_markup_in_a_name_as_text(self, provider):
        assert "<b>Bold & Sons</b> 1" in text_of(paper_of(with_lines(provider, 1, "<b>Bold & Sons</b>")))


class TestDrawing:
    def test_is_done_once_by_the_task_and_never_again(self, overage):
        make_invoice_documents()
        first = InvoiceDocument.objects.get()
        assert first.sha256 == hashlib.sha256(bytes(first.content)).hexdigest()
        Organization.objects.filter(name="Acme 8").update(name="Renamed")
        make_invoice_documents()
        make_invoice_document(overage)
        assert InvoiceDocument.objects.get().sha256 == first.sha256

    def test_covers_credit_notes(self, overage):
        credit(overage)
        assert make_missing_invoice_documents() == 2
        assert make_missing_invoice_documents() == 0

    def test_takes_a_bounded_number_at_a_time_the_oldest_first(self, overage, monkeypatch):
        monkeypatch.setattr(documents, "MOST_PAPERS_A_RUN", 1)
        note = credit(overage)
        make_missing_invoice_documents()
        assert not InvoiceDocument.objects.filter(invoice=note).exists()
        make_missing_invoice_documents()
        assert InvoiceDocument.objects.filter(invoice=note).exists()

    def test_of_one_that_fails_keeps_no_other_waiting(self, overage, monkeypatch):
        note, draw = credit(overage), documents.invoice_pdf

        def fails_for_the_oldest(invoice):
            if invoice == overage:
                raise OSError("no Pango")
            return draw(invoice)

        monkeypatch.setattr(documents, "invoice_pdf", fails_for_the_oldest)
        with pytest.raises(ExceptionGroup, match="could not be drawn") as caught:
            make_missing_invoice_documents()
        assert [str(fault) for fault in caught.value.exceptions] == ["no Pango"]
        assert [paper.invoice for paper in InvoiceDocument.objects.all()] == [note]

    def test_leaves_to_another_worker_what_it_is_drawing(self, committed):
        provider = Provider.objects.create(name="Northwind MSP")
        with transaction.atomic():
            peaks_in_march(provider, 2)
            invoice = bill_march(sign(provider))
        other = committed.connect("system")
        other.execute(documents.CLAIM, [invoice.pk])
        make_missing_invoice_documents()
        assert not InvoiceDocument.objects.exists()
        other.rollback()
        make_missing_invoice_documents()
        assert InvoiceDocument.objects.get().invoice == invoice


class TestAStoredPaper:
    def test_is_frozen_even_for_its_owner(self, committed):
        """By the trigger; that the runtime logins lack the privilege is shown below."""
        with transaction.atomic():
            provider = Provider.objects.create(name="Northwind MSP")
            peaks_in_march(provider, 2)
            make_invoice_document(bill_march(sign(provider)))
        with committed.connect("owner", autocommit=True) as owner:
            for change in ("update billing_invoicedocument set sha256 = ''", "delete from billing_invoicedocument"):
                with pytest.raises(psycopg.Error, match="frozen"):
                    owner.execute(change)

    def test_is_not_the_runtimes_to_change(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                """select role, kind from unnest(array['portal_tenant', 'portal_system', 'portal_web']) role,
                   unnest(array['update', 'delete', 'truncate']) kind
                   where has_table_privilege(role, 'billing_invoicedocument', kind)"""
            )
            assert cursor.fetchall() == []

    def test_is_of_an_invoice_of_its_own_provider(self, overage):
        stranger = Provider.objects.create(name="Bluefin IT")
        with pytest.raises(IntegrityError), transaction.atomic():
            InvoiceDocument.objects.create(provider=stranger, invoice=overage, content=b"x", sha256="0")

    def test_is_seen_by_its_own_msp_only(self, overage):
        paper_of(overage)
        seen = {}
        for provider in (overage.provider, Provider.objects.create(name="Bluefin IT")):
            with tenancy.scope(provider.pk):
                seen[provider.name] = InvoiceDocument.objects.count()
        assert seen == {"Northwind MSP": 1, "Bluefin IT": 0}


class TestTheDownload:
    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR_WITH_BILLING, Role.BILLING_ONLY])
    def test_is_the_stored_paper_to_the_byte(self, client, northwind, role):
        paper = paper_of(northwind.overage)
        response = sign_in(client, northwind.by_role[role]).get(reverse("invoice-pdf", args=[northwind.overage.pk]))
        assert hashlib.sha256(response.content).hexdigest() == paper.sha256
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="inv-2026-00001.pdf"'
        assert response["Cache-Control"] == "private, no-cache"

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.MANAGER, Role.HELP_DESK, Role.READ_ONLY])
    def test_is_not_for_others(self, client, northwind, role):
        paper_of(northwind.overage)
        refused = sign_in(client, northwind.by_role[role]).get(reverse("invoice-pdf", args=[northwind.overage.pk]))
        assert refused.status_code == 403
        assert b"%PDF" not in refused.content

    def test_is_unknown_to_a_stranger(self, client, billed):
        paper_of(billed.northwind.overage)
        url = reverse("invoice-pdf", args=[billed.northwind.overage.pk])
        assert sign_in(client, billed.bluefin.owner).get(url).status_code == 404

    def test_asks_for_a_minutes_patience_before_the_worker_came(self, client, northwind):
        answer = sign_in(client, northwind.owner).get(reverse("invoice-pdf", args=[northwind.overage.pk]))
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert "The PDF of INV-2026-00001 is being drawn. Try again in a minute." in words_of(answer)

    def test_is_linked_from_the_list_and_the_invoice(self, client, northwind):
        sign_in(client, northwind.owner)
        url = reverse("invoice-pdf", args=[northwind.overage.pk])
        for page in (reverse("payments"), northwind.overage.get_absolute_url()):
            assert f'href="{url}"' in client.get(page).content.decode()


def test_the_same_invoice_gives_the_same_bytes(overage):
    assert documents.invoice_pdf(overage) == documents.invoice_pdf(Invoice.objects.get(pk=overage.pk))
    assert overage.issued_at == utc(2026, 4, 1, 0, 20)
