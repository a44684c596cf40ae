"""The operators' door to what is sold, and what it is taxed with."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.console import OperatorAdmin
from billing.countries import country_choices
from billing.models import Package, TaxRate


class LinesField(forms.CharField):
    """A list of texts, typed one a line."""

    widget = forms.Textarea(attrs={"rows": 6, "cols": 60})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The lines that say something."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class PackageForm(forms.ModelForm[Package]):
    """A package and its list prices."""

    includes = LinesField(label=_("Includes"), help_text=_("What the package includes, one line each."))

    class Meta:
        model = Package
        fields = ("name", "code", "includes", "unit_price", "overage_price", "currency", "withdrawn_at")


@admin.register(Package)
class PackageAdmin(OperatorAdmin[Package]):
    """What is sold. Contracts copy the prices agreed, so a new list price changes none of them."""

    noun = "billing.package"
    form = PackageForm
    list_display = ("name", "code", "unit_price", "overage_price", "currency", "withdrawn_at")
    search_fields = ("name", "code")
    prepopulated_fields = {"code": ("name",)}


class TaxRateForm(forms.ModelForm[TaxRate]):
    """One rate; the country from the list."""

    country = forms.ChoiceField(label=_("Country"), choices=country_choices)

    class Meta:
        model = TaxRate
        fields = ("country", "region", "name", "percent", "valid_from", "owed_by_customer")


@admin.register(TaxRate)
class TaxRateAdmin(OperatorAdmin[TaxRate]):
    """Tax rates. Invoices copy what was charged, so a change counts for the next ones only."""

    noun = "billing.tax_rate"
    form = TaxRateForm
    list_display = ("__str__", "country", "region", "name", "percent", "valid_from", "owed_by_customer")
    list_filter = ("country",)
    search_fields = ("name", "region")
