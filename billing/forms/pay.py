"""The confirmation of a payment by hand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from billing.bounds import MOST_PAID_AT_ONCE
from billing.paying import Payable, chosen_of


class PayForm(forms.Form):
    """Which invoices, with what, and the sum that the person saw: if anything has changed meanwhile nothing is paid."""

    invoices = forms.MultipleChoiceField(
        widget=forms.MultipleHiddenInput,
        error_messages={
            "required": _("Choose at least one invoice."),
            "invalid_choice": _(
                "An invoice was paid in the meantime, or a payment of it is under way. Check what is left, then confirm."
            ),
        },
    )
    method = forms.ChoiceField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Add a card or a bank account first."),
            "invalid_choice": _(
                "The payment method was removed in the meantime. Check the one that is chosen now, then confirm."
            ),
        },
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=60 * MOST_PAID_AT_ONCE, required=False)

    def __init__(self, *args: Any, payable: Payable, **options: Any) -> None:
        super().__init__(*args, **options)
        self.payable = payable
        self.fields["invoices"].choices = [(invoice.pk, invoice.number) for invoice in payable.free]  # type: ignore[attr-defined]
        self.fields["method"].choices = [(method.pk, str(method)) for method in payable.methods]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """What `pay` takes: `invoices` and `method` as rows.

        :raises ValidationError: if what is owed is not what the person saw, or it is too much at once.
        """
        if self.errors:
            return {}
        choice = chosen_of(self.payable, self.cleaned_data["invoices"], self.cleaned_data["method"])
        if len(choice.invoices) > MOST_PAID_AT_ONCE:
            raise ValidationError(_("Pay at most %(most)d invoices at once."), params={"most": MOST_PAID_AT_ONCE})
        if choice.seen != self.cleaned_data["seen"]:
            raise ValidationError(_("What is owed has changed in the meantime. Check the new amount, then confirm."))
        return {"invoices": choice.invoices, "method": choice.method}
