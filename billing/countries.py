"""Countries by their ISO code, and which numbers can be tax numbers there."""

from typing import Any, Final

from django.utils.translation import gettext
from django_countries import countries
from stdnum.util import get_cc_module

KINDS_OF_NUMBERS: Final = ("vat", "ein", "bn", "abn", "ird", "businessid", "uid", "orgnr", "mva", "cn", "gstin", "cnpj", "rfc")
"""What python-stdnum calls the numbers by which a country's tax office knows a business."""

CODE_BEFORE_TOWN: Final = {
    "AT", "BE", "BG", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IS", "IT", "LI", "LT", "LU", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK",
}  # fmt: skip
"""Where the postal code stands before the town on an envelope."""


def country_choices() -> list[tuple[str, str]]:
    """Code and name of every country, by the name in the reader's language; first of all none, so that nobody picks one by accident."""
    return [("", gettext("Choose…")), *((code, str(name)) for code, name in countries)]


def country_name(code: str) -> str:
    """Its name in the reader's language; the code itself where there is no such country."""
    return str(countries.name(code)) or code


def town_line(country: str, town: str, region: str, postal_code: str) -> str:
    """The line of an envelope that names the town, in the country's own order."""
    order = (postal_code, town, region) if country in CODE_BEFORE_TOWN else (town, region, postal_code)
    return " ".join(part for part in order if part)


def has_rules(country: str) -> bool:
    """Whether we know what a tax number of the country looks like."""
    return bool(_rules(country))


def is_tax_number(country: str, number: str) -> bool:
    """Whether `number` has the form, and the check digits, of a tax number of the country. False where its rules are unknown."""
    return any(rule.is_valid(number) for rule in _rules(country))


def _rules(country: str) -> list[Any]:
    found = (get_cc_module(country.lower(), kind) for kind in KINDS_OF_NUMBERS) if country else ()
    return [rule for rule in found if rule is not None]
