"""The form of the billing information."""

import re
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.bounds import MOST_RECIPIENTS
from billing.countries import country_choices, country_name, has_rules, is_tax_number
from billing.models import BillingInformation

PLAIN: Final = RegexValidator(r"^[0-9A-Za-zÀ-ÿ .,/#&()_-]*$", _("Use letters, digits, spaces and . , / # & ( ) _ - only."))
PHONE: Final = RegexValidator(r"^\+?[0-9 ()./-]{5,}$", _("Enter a phone number such as +1 303 555 0142."))


class RecipientsField(forms.CharField):
    """E-mail addresses, one a line or separated by commas; a list without doubles."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Recipients of invoices"),
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"}),
            help_text=_("E-mail addresses, one a line."),
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """
        :raises ValidationError: naming the first address that is none, or if there are too many.
        """
        written = [part for part in re.split(r"[\s,;]+", super().clean(value) or "") if part]
        addresses = list({address.lower(): address for address in written}.values())
        for address in addresses:
            _check(address)
        if len(addresses) > MOST_RECIPIENTS:
            raise ValidationError(
                ngettext("At most %(most)d address.", "At most %(most)d addresses.", MOST_RECIPIENTS) % {"most": MOST_RECIPIENTS}
            )
        return addresses

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class BillingInformationForm(forms.ModelForm[BillingInformation]):
    """Contact, address, recipients, PO and tax numbers."""

    recipients = RecipientsField()
    country = forms.ChoiceField(
        label=_("Country"), choices=country_choices, widget=forms.Select(attrs={"autocomplete": "country"})
    )

    class Meta:
        model = BillingInformation
        fields = (
            *("company", "contact_name", "contact_email", "contact_phone", "street", "street_2", "city", "region"),
            *("postal_code", "country", "recipients", "po_number", "tax_number"),
        )
        labels = {"contact_name": _("Name")}
        help_texts = {
            "po_number": _("Stands on every invoice from the next one on."),
            "tax_number": _("Such as a VAT number or an EIN."),
        }
        widgets = {
            "company": forms.TextInput(attrs={"autocomplete": "organization"}),
            "contact_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "contact_email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "contact_phone": forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
            "street": forms.TextInput(attrs={"autocomplete": "address-line1"}),
            "street_2": forms.TextInput(attrs={"autocomplete": "address-line2"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "region": forms.TextInput(attrs={"autocomplete": "address-level1"}),
            "postal_code": forms.TextInput(attrs={"autocomplete": "postal-code"}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["contact_phone"].validators.append(PHONE)
        for name in ("po_number", "tax_number"):
            self.fields[name].validators.append(PLAIN)

    def clean(self) -> dict[str, Any]:
        """Refuses a tax number that can't be one of the country; where its rules are unknown, any passes."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        country, number = cleaned.get("country", ""), cleaned.get("tax_number", "")
        if number and has_rules(country) and not is_tax_number(country, number):
            words = _("This can't be a tax number in %(country)s. Check each character, or leave it empty.")
            self.add_error("tax_number", ValidationError(words, params={"country": country_name(country)}))
        return cleaned

    def _post_clean(self) -> None:
        """Leaves the row alone: the action changes it."""


def _check(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as fault:
        raise ValidationError(_("%(address)s is no e-mail address."), params={"address": address}) from fault
