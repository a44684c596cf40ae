"""The CSV of an invoice as LibreOffice opens it, with an American and a German locale: numbers are numbers, and no cell is live."""

import io
import shutil
import subprocess
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from accounts.models import Organization
from billing.downloads import lines_csv
from billing.models import BillingInformation, TaxRate
from billing.pdf import invoice_pdf
from billing.psa import HEADER, psa_file, psa_listing
from msp_portal.lib.csv_export import DIALECTS, csv_chunks
from msp_portal.lib.templatetags.portal import money
from tests.billing.books import ADDRESS, FIRST_OF_APRIL, MARCH, bill_march, peaks_in_march, sign

pytestmark = [pytest.mark.django_db, pytest.mark.full]

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
LOCALES = {"en_US": ("comma", 44, 1033), "de_DE": ("semicolon", 59, 1031)}
HOSTILE = ["=1+2", "+SUM(A1)", "@now", "-2+3"]
AMOUNT, MARK = 9, 5


@pytest.fixture
def office():
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip("LibreOffice is not on this machine: apt install libreoffice-calc-nogui")
    return found


@pytest.fixture
def invoice(cast):
    """Of four clients with names that want to be formulas, in euros with a tax."""
    provider = cast.northwind.provider
    BillingInformation.objects.create(provider=provider, **{**ADDRESS, "country": "DE"})
    TaxRate.objects.create(country="DE", name="VAT", percent=Decimal(19), valid_from=MARCH)
    peaks_in_march(provider, 1200, 5, 4, 1, names=HOSTILE)
    return bill_march(sign(provider, currency="EUR", unit_price=Decimal("9.99")))


def opened(office, folder, content, separator, language):
    """The rows of the file as LibreOffice understands them: (type, value, formula) a cell."""
    (folder / "lines.csv").write_bytes(content)
    read_as = f"Text - txt - csv (StarCalc):{separator},34,76,1,,{language},false,true"
    home = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [
        office,
        home,
        "--headless",
        f"--infilter={read_as}",
        "--convert-to",
        "fods",
        "--outdir",
        folder,
        folder / "lines.csv",
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    tree = ET.parse(folder / "lines.fods")
    return [
        [cell for each in row.iter(f"{TABLE}table-cell") for cell in repeated(each)] for row in tree.iter(f"{TABLE}table-row")
    ]


def repeated(cell):
    kind, value = cell.get(f"{OFFICE}value-type"), cell.get(f"{OFFICE}value") or "".join(cell.itertext()).strip()
    return [(kind, value, cell.get(f"{TABLE}formula"))] * int(cell.get(f"{TABLE}number-columns-repeated", 1))


@pytest.mark.parametrize("locale", LOCALES)
def test_opens_right_and_runs_nothing(office, invoice, cast, tmp_path, locale):
    dialect, separator, language = LOCALES[locale]
    content = b"".join(lines_csv(invoice, cast.northwind.owner, DIALECTS[dialect]).streaming_content)
    rows = opened(office, tmp_path, content, separator, language)
    lines = [row for row in rows[1:] if row and row[0][1] == invoice.number]
    assert len(lines) == 4 + 1, "clients and the tax"
    assert [cell for row in rows for cell in row if cell[2]] == [], "no formula"
    assert {row[AMOUNT][0] for row in lines} == {"float"}
    assert {row[MARK][0] for row in lines[:4]} == {"float"}
    total = sum(Decimal(row[AMOUNT][1]).quantize(Decimal("0.01")) for row in lines)
    assert total == invoice.total_amount
    paper = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(invoice_pdf(invoice))).pages).split())
    assert money(total, "EUR").replace("\N{NO-BREAK SPACE}", " ") in paper
    assert Organization.objects.filter(provider=invoice.provider, name__startswith="=").exists()


@pytest.mark.parametrize("locale", LOCALES)
def test_opens_the_psa_file_right_and_runs_nothing(office, invoice, tmp_path, locale):
    dialect, separator, language = LOCALES[locale]
    Organization.objects.filter(provider=invoice.provider, name__startswith="=").update(external_id="+cmd", closed_at=None)
    listing = psa_listing(psa_file(invoice.provider, MARCH, FIRST_OF_APRIL))
    text = "".join(csv_chunks(listing.header, listing.lines(), DIALECTS[dialect]))
    rows = opened(office, tmp_path, text.encode(), separator, language)
    lines = [row for row in rows[1:] if row and row[HEADER.index("invoice")][1] == invoice.number]
    assert len(lines) == 4
    assert [cell for row in rows for cell in row if cell[2]] == [], "no formula"
    for column in ("quantity", "unit_price", "amount"):
        assert {row[HEADER.index(column)][0] for row in lines} == {"float"}
    amounts = [Decimal(row[HEADER.index("amount")][1]).quantize(Decimal("0.01")) for row in lines]
    assert sum(amounts) == invoice.net_amount
