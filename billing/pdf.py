"""Papers as PDF: tagged for screen readers (PDF/UA), with their own fonts, and with nothing fetched from anywhere."""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from billing.bounds import PAYMENT_TERM
from billing.models import BillingInformation, Contract, Invoice

FONTS: Final = {400: "inter-400.woff2", 500: "inter-500.woff2", 600: "inter-600.woff2"}
LETTER_COUNTRIES: Final = {"US", "CA"}
"""Whose printers hold Letter paper; all others' hold A4."""

MEDIA_TYPE: Final = "application/pdf"


def contract_pdf(contract: Contract) -> bytes:
    """The contract's paper. The same contract gives the same bytes.

    :raises OSError: when Pango, which draws the text, is not on this machine.
    """
    information = BillingInformation.objects.filter(provider=contract.provider).first()
    said = {"contract": contract, "package": contract.package, "party": _party(contract, information)}
    return _pdf("pdf/contract.html", {**said, "payment_days": PAYMENT_TERM.days})


def invoice_pdf(invoice: Invoice) -> bytes:
    """The paper of an invoice or credit note, with all its lines. The same invoice gives the same bytes.

    :raises OSError: when Pango, which draws the text, is not on this machine.
    """
    billed_to = invoice.billed_to
    party = {**billed_to, "name": billed_to["company"]}
    lines = invoice.lines.order_by("place")
    # Without parts their columns make room for names.
    parts = {"lines": lines, "taxes": invoice.taxes.order_by("place"), "shows_parts": invoice.has_parts}
    return _pdf("pdf/invoice.html", {"invoice": invoice, "party": party, **parts})


def _party(contract: Contract, information: BillingInformation | None) -> dict[str, Any]:
    if information is None:
        return {"name": contract.provider.name, "address": []}
    return {
        "name": information.company,
        "address": information.address_lines,
        "contact": information.contact_name,
        "tax_number": information.tax_number,
        "country": information.country,
    }


def _pdf(template: str, context: dict[str, Any]) -> bytes:
    from weasyprint import HTML  # 0.5 s and 40 MB, which only those who draw need
    from weasyprint.urls import URLFetcher

    vendor = {name: getattr(settings, f"VENDOR_{name.upper()}") for name in ("name", "address", "email", "tax_number")}
    size = "letter" if context["party"].get("country") in LETTER_COUNTRIES else "A4"
    with translation.override("en"):  # a paper reads the same for whoever opens it
        html = render_to_string(template, {**context, "vendor": vendor, "fonts": _fonts(), "paper_size": size})
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)
    drawn: bytes = HTML(string=html, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1", pdf_tags=True)
    return drawn


@cache
def _fonts() -> dict[int, str]:
    """The portal's font files, by weight, as data: addresses."""
    folder = Path(settings.BASE_DIR) / "static" / "fonts"
    return {
        weight: f"data:font/woff2;base64,{b64encode((folder / name).read_bytes()).decode()}" for weight, name in FONTS.items()
    }
