"""The operators' door to invoices and the ledger: to look at, to take back, to issue anew."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.console import ReadOnlyAdmin, act_on_each
from accounts.models import Person
from billing.actions.invoices import issue_credit_note
from billing.actions.replacement import issue_anew
from billing.models import Invoice, InvoiceLine, Posting
from msp_portal.lib.templatetags.portal import money

CUSTOMERS_NUMBERS: Final = {"po_number": _("PO number"), "tax_number": _("Tax number")}


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


class ActionWithReasonForm(ActionForm):
    """The choice of what to do with the rows ticked, and why."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=255)


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
        *("issued_on", "due_on", "total", "paid", "owed", "state", "reason", "customer"),
    )
    inlines = (LinesOfInvoice,)
    action_form = ActionWithReasonForm
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

    @admin.display(description=_("billed to"))
    def customer(self, invoice: Invoice) -> str:
        """As on the paper, a line each."""
        known = invoice.billed_to
        numbers = [f"{words}: {known[name]}" for name, words in CUSTOMERS_NUMBERS.items() if known.get(name)]
        return "\n".join([known["company"], *filter(None, [known.get("contact")]), *known["address"], *numbers])

    @admin.action(description=_("Take back with a credit note"), permissions=["view"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        """Each gets a credit note over its whole amount, with the reason that was typed beside the action."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, _("Type the reason beside the action first: it stands on the credit note."), level="ERROR")
            return
        words = ngettext_lazy("%(number)d invoice was taken back.", "%(number)d invoices were taken back.", "number")
        act_on_each(self, request, queryset.exclude(kind=Invoice.Kind.CREDIT_NOTE), partial(_take_back, reason=reason), words)

    @admin.action(description=_("Issue anew what was taken back"), permissions=["view"])
    def issue_anew(self, request: HttpRequest, queryset: QuerySet[Invoice]) -> None:
        """Each month is charged again, by the version of the contract that counts for it now."""
        words = ngettext_lazy("%(number)d invoice was issued anew.", "%(number)d invoices were issued anew.", "number")
        act_on_each(self, request, queryset.exclude(kind=Invoice.Kind.CREDIT_NOTE), _issue_anew, words)


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin[Posting]):
    """The ledger, the newest posting first. The database writes it."""

    list_display = ("at", "provider", "event", "account", "sum", "invoice")
    list_filter = ("account", "event")
    list_select_related = ("provider", "invoice")
    search_fields = ("invoice__number", "provider__name")
    ordering = ("-at", "-pk")
    fields = readonly_fields = ("at", "provider", "event", "account", "sum", "invoice", "issued", "payment")

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, posting: Posting) -> str:
        return money(posting.amount, posting.currency)


def _take_back(invoice: Invoice, *, reason: str, by: Person, at: datetime) -> None:
    issue_credit_note(invoice=invoice, reason=reason, by=by, at=at)


def _issue_anew(invoice: Invoice, *, by: Person, at: datetime) -> None:
    issue_anew(invoice=invoice, by=by, at=at)
