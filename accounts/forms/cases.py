"""What a person writes to support."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.bounds import CASE_TEXT_LONGEST
from accounts.case_choices import MEANINGS, PRODUCTS, RESPONSE_TIMES, CaseType, Severity
from accounts.forms.fields import WrittenField
from accounts.models import Organization, SupportCase


class CaseForm(forms.ModelForm[SupportCase]):
    """A new case. Saved by an action, which leaves it as `result`."""

    result: SupportCase

    severity = forms.ChoiceField(label=_("Severity"), widget=forms.RadioSelect, initial=Severity.THREE)
    description = WrittenField(
        label=_("Description"),
        rows=7,
        max_length=CASE_TEXT_LONGEST,
        help_text=_("What you did, what you expected and what happened instead. Never a password or a key."),
    )

    class Meta:
        model = SupportCase
        fields = ("subject", "kind", "product", "severity", "organization", "operating_system", "description")
        labels = {"kind": _("Kind"), "organization": _("Organization"), "operating_system": _("Operating system")}

    def __init__(self, *args: Any, organizations: QuerySet[Organization], **options: Any) -> None:
        super().__init__(*args, **options)
        self._offer("kind", [("", _("Please choose")), *CaseType.choices])
        self._offer(
            "product", [("", _("Please choose")), *((group.label, _pairs(products)) for group, products in PRODUCTS.items())]
        )
        self._offer("severity", [(severity.value, _worded(severity)) for severity in Severity])
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        self.fields["organization"].empty_label = _("None in particular")  # type: ignore[attr-defined]
        self._offer("operating_system", [("", _("None in particular")), *self.fields["operating_system"].choices[1:]])  # type: ignore[attr-defined]

    def clean_subject(self) -> str:
        """The subject in one line.

        :raises ValidationError: when it says nothing.
        """
        subject = " ".join(self.cleaned_data["subject"].split())
        if not any(character.isalnum() for character in subject):
            raise ValidationError(_("Say in a few words what it is about."))
        return subject

    def _offer(self, field: str, choices: Any) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        """Leaves the row alone: the action makes it."""


class ReplyForm(forms.Form):
    """One more turn of the conversation."""

    text = WrittenField(label=_("Your reply"), rows=5, max_length=CASE_TEXT_LONGEST)


def _pairs(products: Any) -> list[tuple[str, Any]]:
    return [(product.value, product.label) for product in products]


def _worded(severity: Severity) -> str:
    words = {"name": severity.label, "meaning": MEANINGS[severity], "target": RESPONSE_TIMES[severity].label}
    return gettext("%(name)s. %(meaning)s First answer %(target)s.") % words
