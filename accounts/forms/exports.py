"""What the offer to make a long file sends."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.bounds import EXPORT_ADDRESS_LONGEST


class ExportForm(forms.Form):
    """Which listing: its path with its query."""

    address = forms.CharField(
        max_length=EXPORT_ADDRESS_LONGEST,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Please choose a list, and there CSV."),
            "max_length": _("These filters are too long for a file. Please narrow the list differently."),
        },
    )
