"""The operators' door to money: what arrived, what goes back, what is given up, and how charges stand."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.console import OperatorAdmin, ReadOnlyAdmin
from accounts.models import Person
from billing.actions.payments import left_of, record_payment, record_refund, write_off
from billing.actions.refunds import order_refund
from billing.models import Charge, ChargeEvent, Invoice, Payment, Refund, WebhookEvent
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.templatetags.portal import money

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def amount_to_enter(help_text: "str | _StrPromise") -> forms.DecimalField:
    """An amount of any currency; the action rounds it to the currency's minor unit."""
    return forms.DecimalField(label=_("Amount"), min_value=Decimal("0.001"), max_digits=14, decimal_places=3, help_text=help_text)


class NoSuchTransfer(RuleBroken):
    """What is sent back by bank came by bank."""

    message = _(
        "No bank transfer to this invoice has so much left. What came through the payment provider goes back under Refunds."
    )
    code = "no_such_transfer"
    field = "amount"


class What(models.TextChoices):
    """What an operator records of an invoice."""

    ARRIVED = "arrived", _("A bank transfer arrived")
    SENT_BACK = "sent_back", _("A bank transfer was sent back")
    WRITTEN_OFF = "written_off", _("It is written off")


class PaymentForm(forms.ModelForm[Payment]):
    """What happened at the bank, or never will."""

    what = forms.ChoiceField(label=_("What happened"), choices=What)
    to_invoice = forms.ModelChoiceField(
        Invoice.objects.exclude(kind=Invoice.Kind.CREDIT_NOTE),
        label=_("Invoice"),
        widget=AutocompleteSelect(Payment._meta.get_field("invoice"), admin.site),
    )
    amount = amount_to_enter(_("In the invoice's currency."))

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
            return ("what", "to_invoice", "amount", "reference")
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
        said = {"amount": typed["amount"], "reference": typed["reference"], "by": by, "at": at}
        match typed["what"]:
            case What.WRITTEN_OFF:
                return write_off(invoice=typed["to_invoice"], **said)
            case What.SENT_BACK:
                return record_refund(payment=_transfer_of(typed["to_invoice"], typed["amount"]), **said)
        return record_payment(invoice=typed["to_invoice"], kind=Payment.Kind.BANK_TRANSFER, **said)


class RefundForm(forms.ModelForm[Refund]):
    """Money to give back through the payment provider."""

    of_payment = forms.ModelChoiceField(
        Payment.objects.filter(charge__isnull=False, amount__gt=0),
        label=_("Payment"),
        widget=AutocompleteSelect(Refund._meta.get_field("payment"), admin.site),
        help_text=_(
            "One that came through the payment provider. A bank transfer is sent back at the bank and noted under Payments."
        ),
    )
    amount = amount_to_enter(_("It is owed again afterwards, unless the invoice is credited or written off."))
    reason = forms.CharField(label=_("Reason"), max_length=255)

    class Meta:
        model = Refund
        fields = ()


@admin.register(Refund)
class RefundAdmin(OperatorAdmin[Refund]):
    """Refunds through the payment provider: ordered here, made by the worker."""

    noun = "billing.refund"
    form = RefundForm
    exclude = ("amount", "reason")  # the model's own, which no form may write; this form's take their place
    list_display = ("intended_at", "provider", "payment", "sum", "state", "reason", "by", "failure")
    list_filter = ("state",)
    list_select_related = ("provider", "payment__invoice")
    search_fields = ("payment__invoice__number", "provider__name", "reason")
    ordering = ("-intended_at", "pk")

    def get_fields(self, request: HttpRequest, obj: Refund | None = None) -> Any:
        if obj is None:
            return ("of_payment", "amount", "reason")
        return ("provider", "payment", "sum", "state", "reason", "by", "intended_at", "settled_at", "failure", "psp_id")

    def get_readonly_fields(self, request: HttpRequest, obj: Refund | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Refund | None = None) -> bool:
        return False

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, refund: Refund) -> str:
        return money(refund.amount, refund.payment.invoice.currency)

    def create(self, obj: Refund, form: Any, *, by: Person, at: datetime) -> Refund:
        typed = form.cleaned_data
        return order_refund(payment=typed["of_payment"], amount=typed["amount"], reason=typed["reason"], by=by, at=at)


class EventsOfCharge(admin.TabularInline[ChargeEvent, Charge]):
    """What the payment provider told of it, to look at."""

    model = ChargeEvent
    fields = readonly_fields = ("at", "kind", "note", "event_id")
    ordering = ("at", "pk")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin[Charge]):
    """Attempts to collect invoices, with all that was told of each."""

    list_display = ("intended_at", "provider", "invoice", "attempt", "method", "sum", "state", "decline_code")
    list_filter = ("state", "reason")
    list_select_related = ("provider", "invoice", "method")
    search_fields = ("invoice__number", "provider__name", "psp_id")
    ordering = ("-intended_at", "pk")
    fields = readonly_fields = (
        *("provider", "invoice", "attempt", "method", "sum", "state", "reason", "by", "decline_code"),
        *("intended_at", "sent_at", "settled_at", "psp_id"),
    )
    inlines = (EventsOfCharge,)

    @admin.display(description=_("amount"), ordering="amount")
    def sum(self, charge: Charge) -> str:
        return money(charge.amount, charge.currency)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin[WebhookEvent]):
    """What the payment provider told, and what was made of it. Bodies are not shown."""

    list_display = ("received_at", "kind", "id", "outcome", "tries", "note")
    list_filter = ("outcome", "kind")
    search_fields = ("id", "kind")
    ordering = ("-received_at", "id")
    fields = readonly_fields = ("id", "kind", "created_at", "received_at", "processed_at", "outcome", "tries", "note")


def _transfer_of(invoice: Invoice, amount: Decimal) -> Payment:
    """The newest bank transfer to the invoice of which so much is left.

    :raises NoSuchTransfer: if there is none.
    """
    for payment in invoice.payments.filter(kind=Payment.Kind.BANK_TRANSFER).order_by("-received_at", "-pk"):
        if amount <= left_of(payment):
            return payment
    raise NoSuchTransfer
