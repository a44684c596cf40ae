"""Columns that several tables of this app have alike."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from msp_portal.lib.money import CURRENCIES

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def amount_field(verbose_name: "str | _StrPromise") -> "models.DecimalField[Decimal, Decimal]":
    """An amount of money, rounded to its currency's minor unit (`msp_portal.lib.money`) before it is stored."""
    return models.DecimalField(verbose_name, max_digits=14, decimal_places=3, editable=False)


def price_field(verbose_name: "str | _StrPromise") -> "models.DecimalField[Decimal, Decimal]":
    """The price of one licence in a month; finer than a minor unit, as an amount is rounded only once it is multiplied."""
    return models.DecimalField(verbose_name, max_digits=12, decimal_places=4, validators=[MinValueValidator(0)])


def currency_field() -> "models.CharField[str, str]":
    return models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in CURRENCIES])
