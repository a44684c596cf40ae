"""The form of autopay."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from msp_portal.lib.money import minor_digits

MOST_DIGITS = 14


class AutopayForm(forms.Form):
    """On or off, and the most that one charge may be, in `currency`."""

    autopay = forms.BooleanField(
        label=_("Charge what is due by itself"),
        required=False,
        help_text=_("On the due date the default method is charged; if it is declined, the backups in order."),
    )

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        digits = minor_digits(currency)
        self.fields["autopay_ceiling"] = forms.DecimalField(
            label=_("Ceiling per charge, in %(currency)s") % {"currency": currency},
            required=False,
            localize=True,
            max_digits=MOST_DIGITS - 3 + digits,
            decimal_places=digits,
            min_value=Decimal(1).scaleb(-digits),
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"}),
            help_text=_("Invoices above it are never charged by themselves. Leave it empty for no ceiling."),
        )
