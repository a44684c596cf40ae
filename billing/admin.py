"""The operators' door to packages, contracts, invoices and payments. What is issued or signed is never changed; it is added to."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.console import OperatorAdmin, ReadOnlyAdmin, act_on_each
from accounts.models import Person, Provider
from billing.actions.contracts import add_contract
from billing.actions.invoices import issue_credit_note
from billing.actions.payments import record_payment
from billing.actions.replacement import issue_anew
from billing.countries import country_choices
from billing.models import BillingInformation, Contract, Invoice, InvoiceLine, Package, Payment, PaymentMethod, TaxRate
from msp_portal.lib.templatetags.portal import money

TERMS = (
    *("number", "package", "kind", "committed", "unit_price", "overage_price", "currency"),
    *("valid_from", "ends_on", "signed_on"),
)


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


class LinesOfInvoice(admin.TabularInline[InvoiceLine, Invoice]):
    """The lines, to look at."""

    model = InvoiceLine
    fields = readonly_fields = ("organization_name", "high_water_mark", "committed_part", "overage_part", "price", "sum")
    ordering = ("place",)
    extra = 0
    can_delete = False

    @admin.display(description=_("unit price"))
    def price(self, line: InvoiceLine) -> str:
        return money(line.unit_price, line.invoice.currency)

    @admin.display(description=_("amount"))
    def sum(self, line: InvoiceLine) -> str:
        return money(line.amount, line.invoice.currency)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin[Invoice]):
    """Issued invoices and credit notes, with what became of them today."""

    noun = "billing.invoice"
    list_display = ("number", "provider", "kind", "issued_on", "due_on", "total", "owed", "state")
    list_filter = ("kind",)
    list_select_related = ("provider",)
    search_fields = ("number", "provider__name", "contract_number")
    date_hierarchy = "issued_on"
    ordering = ("-issued_on", "-number")
    fields = readonly_fields = (
        *("number", "provider", "kind", "corrects", "contract_number", "month", "marks_month", "time_zone"),
        *("issued_on", "due_on", "total", "paid", "owed", "state", "reason", "billed_to"),
    )
    inlines = (LinesOfInvoice,)
    actions = ("take_back", "issue_anew")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        return Invoice.objects.as_of(datetime.now(UTC).date())

    @admin.display(description=_("total"), ordering="total_amount")
    def total(self, invoice: Invoice) -> str:
        return money(invoice.total_amount, invoice.currency)

    @admin.display(description=_("paid"))
    def paid(self, invoice: Any) -> str:
        return money(invoice.paid_amount, invoice.currency)

    @admin.display(description=_("owed"))
    def owed(self, invoice: Any) -> str:
        return money(invoice.owed_amount, invoice.currency)

    @admin.display(description=_("status"), ordering="status")
    def state(self, invoice: Any) -> str:
        return invoice.status or self.get_empty_value_display()

    @admin.action(description=_("Take back with a credit note"), permissions=["view"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        """Each gets a credit note over its whole amount."""
        words = ngettext_lazy("%(number)d invoice was taken back.", "%(number)d invoices were taken back.", "number")
        act_on_each(self, request, queryset.exclude(kind=Invoice.Kind.CREDIT_NOTE), _take_back, words)

    @admin.action(description=_("Issue anew what was taken back"), permissions=["view"])
    def issue_anew(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        """Each month is charged again, by the version of the contract that counts for it now."""
        words = ngettext_lazy("%(number)d invoice was issued anew.", "%(number)d invoices were issued anew.", "number")
        act_on_each(self, request, queryset.exclude(kind=Invoice.Kind.CREDIT_NOTE), _issue_anew, words)


class PaymentForm(forms.ModelForm[Payment]):
    """Money that arrived at the bank."""

    to_invoice = forms.ModelChoiceField(
        Invoice.objects.exclude(kind=Invoice.Kind.CREDIT_NOTE),
        label=_("Invoice"),
        widget=AutocompleteSelect(Payment._meta.get_field("invoice"), admin.site),
    )
    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2)

    class Meta:
        model = Payment
        fields = ("reference",)


@admin.register(Payment)
class PaymentAdmin(OperatorAdmin[Payment]):
    """Payments. Operators record bank transfers; a wrong one is balanced by another, as rows are only ever added."""

    noun = "billing.payment"
    form = PaymentForm
    exclude = ("amount",)  # the model's own, which no form may write; this form's takes its place
    list_display = ("received_at", "provider", "invoice", "kind", "sum", "reference", "recorded_by")
    list_filter = ("kind",)
    list_select_related = ("provider", "invoice")
    search_fields = ("reference", "invoice__number", "provider__name")
    ordering = ("-received_at", "pk")

    def get_fields(self, request: HttpRequest, obj: Payment | None = None) -> Any:
        if obj is None:
            return ("to_invoice", "amount", "reference")
        return ("provider", "invoice", "kind", "sum", "received_at", "reference", "recorded_by")

    def get_readonly_fields(self, request: HttpRequest, obj: Payment | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        return False

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, payment: Payment) -> str:
        return money(payment.amount, payment.invoice.currency)

    def create(self, obj: Payment, form: Any, *, by: Person, at: datetime) -> Payment:
        typed = form.cleaned_data
        return record_payment(
            invoice=typed["to_invoice"],
            kind=Payment.Kind.BANK_TRANSFER,
            amount=typed["amount"],
            reference=typed["reference"],
            by=by,
            at=at,
        )


@admin.register(BillingInformation)
class BillingInformationAdmin(ReadOnlyAdmin[BillingInformation]):
    """Whom and where to bill, as the MSP keeps it."""

    list_display = ("provider", "company", "contact_name", "contact_email", "country")
    list_select_related = ("provider",)
    search_fields = ("provider__name", "company", "contact_email")
    ordering = ("provider__name",)


@admin.register(PaymentMethod)
class PaymentMethodAdmin(ReadOnlyAdmin[PaymentMethod]):
    """What is known of the methods; numbers of cards and accounts never reach this server."""

    list_display = ("__str__", "provider", "kind", "place", "expires_on", "removed_at")
    list_filter = ("kind",)
    list_select_related = ("provider",)
    search_fields = ("provider__name", "brand")
    ordering = ("provider__name", "place")


def _take_back(invoice: Invoice, *, by: Person, at: datetime) -> None:
    issue_credit_note(invoice=invoice, reason=str(_("Taken back by the operators")), by=by, at=at)


def _issue_anew(invoice: Invoice, *, by: Person, at: datetime) -> None:
    issue_anew(invoice=invoice, by=by, at=at)
