"""The operators' door to contracts: added to, never changed."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.console import OperatorAdmin
from accounts.models import Person, Provider
from billing.actions.contracts import add_contract
from billing.models import Contract

TERMS = (
    *("number", "package", "kind", "committed", "unit_price", "overage_price", "currency"),
    *("valid_from", "ends_on", "signed_on"),
)


class ContractForm(forms.ModelForm[Contract]):
    """The next version of a provider's contract."""

    of_provider = forms.ModelChoiceField(
        Provider.objects.all(),
        label=_("Provider"),
        widget=AutocompleteSelect(Contract._meta.get_field("provider"), admin.site),
    )

    class Meta:
        model = Contract
        fields = TERMS


@admin.register(Contract)
class ContractAdmin(OperatorAdmin[Contract]):
    """Contracts in their versions. A renewal, a new commitment or a correction is the next version, never a change."""

    noun = "billing.contract"
    form = ContractForm
    list_display = (
        "__str__",
        "provider",
        "package",
        "committed",
        "unit_price",
        "overage_price",
        "currency",
        "valid_from",
        "ends_on",
    )
    list_select_related = ("provider", "package")
    search_fields = ("number", "provider__name")
    ordering = ("provider__name", "-version")

    def get_fields(self, request: HttpRequest, obj: Contract | None = None) -> Any:
        return ("of_provider", *TERMS) if obj is None else ("provider", "version", *TERMS, "made_at", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Contract | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Contract | None = None) -> bool:
        return False

    def create(self, obj: Contract, form: Any, *, by: Person, at: datetime) -> Contract:
        terms = {name: form.cleaned_data[name] for name in TERMS}
        return add_contract(provider=form.cleaned_data["of_provider"], **terms, by=by, at=at)
