"""What a person types about an organization."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from usage.forms.caps import UserCapForm


class OrganizationForm(forms.ModelForm[Organization]):
    """Name, external id and contact: the same fields to create and to edit. Saved by an action, never by the form."""

    class Meta:
        model = Organization
        fields = ("name", "external_id", "contact_name", "contact_email")
        labels: ClassVar = {"external_id": _("External ID")}
        help_texts: ClassVar = {"external_id": _("How your own tools call this client, for example its number in the PSA.")}
        widgets: ClassVar = {  # the browser would offer the typist's own name and address
            "name": forms.TextInput({"autocomplete": "off"}),
            "external_id": forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
            "contact_name": forms.TextInput({"autocomplete": "off"}),
            "contact_email": forms.EmailInput({"autocomplete": "off"}),
        }

    def clean_name(self) -> str:
        """The name without doubled blanks."""
        name = tidy_name(self.cleaned_data["name"])
        if not can_be_read(name):
            raise ValidationError(_("A name has at least one letter or digit."))
        return name


class NewOrganizationForm(UserCapForm, OrganizationForm):
    """An organization with its cap from the start."""

    field_order = ("name", "external_id", "contact_name", "contact_email", "limit", "user_cap")

    def clean(self) -> dict[str, Any]:
        """The organization's fields and `user_cap`."""
        fields = {name: value for name, value in self.cleaned_data.items() if name in OrganizationForm.Meta.fields}
        return {**fields, **super().clean()}


class ClosingForm(forms.Form):
    """Whether everyone left goes first, and how many the person was told they are."""

    remove_everyone = forms.BooleanField(required=False)
    users = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    devices = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


def can_be_read(name: str) -> bool:
    """Whether there is a letter or digit in it: not only dashes, or characters that nobody sees."""
    return any(character.isalnum() for character in name)


def tidy_name(written: str) -> str:
    """`written` with one blank between its words and none around them."""
    return " ".join(written.split())
