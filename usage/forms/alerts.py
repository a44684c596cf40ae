"""An alert as a person sets it up: what is watched, and who is told."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms.fields import PLAIN_NUMBER, WrittenField
from accounts.models import Administrator, Organization
from usage.bounds import ALERT_EMAILS_MAX, ALERT_PERCENT_MAX
from usage.models import AlertKind, AlertRule
from usage.models.alert import OF_LICENSES, SHARES

BETWEEN_ADDRESSES: Final = re.compile(r"[\s,;]+")


class PercentField(forms.CharField):
    """A whole number of percent, or None where it is empty. It is a text field, so that what was typed stays whatever it was."""

    widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "short", "maxlength": "12"})

    def clean(self, value: Any) -> int | None:
        """The number.

        :raises forms.ValidationError: naming the allowed range, for anything else.
        """
        text = str(value or "")
        if not text:
            return None
        if not PLAIN_NUMBER.fullmatch(text) or not 1 <= int(text) <= ALERT_PERCENT_MAX:
            words = _("Enter a whole number from 1 to %(most)s, in plain digits.") % {"most": ALERT_PERCENT_MAX}
            raise forms.ValidationError(words, code="out_of_range")
        return int(text)


class AddressesField(WrittenField):
    """E-mail addresses, one a line or with commas between; cleaned to a list, each once."""

    def clean(self, value: Any) -> list[str]:
        """The addresses in small letters.

        :raises forms.ValidationError: for too many, and naming each that is none.
        """
        found = list(dict.fromkeys(word.lower() for word in BETWEEN_ADDRESSES.split(super().clean(value)) if word))
        if len(found) > ALERT_EMAILS_MAX:
            words = _("At most %(most)s addresses.") % {"most": ALERT_EMAILS_MAX}
            raise forms.ValidationError(words, code="too_many")
        wrong = [address for address in found if not _is_address(address)]
        if wrong:
            told = _("No e-mail address: %(wrong)s.") % {"wrong": ", ".join(wrong)}
            raise forms.ValidationError(told, code="invalid")
        return found


class AlertTermsForm(forms.Form):
    """What of an alert can be changed: the percentage, and who is told how."""

    result: AlertRule

    percent = PercentField(
        label=gettext_lazy("Percentage"), required=False, help_text=gettext_lazy("Only for a share; it may be above 100.")
    )
    to_billing = forms.BooleanField(label=gettext_lazy("All administrators with billing, whoever they are then"), required=False)
    administrators = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Administrators"),
        queryset=Administrator.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each is told only what they may see themselves when it happens."),
    )
    emails = AddressesField(
        label=gettext_lazy("Further e-mail addresses"),
        rows=2,
        max_length=4000,
        required=False,
        help_text=gettext_lazy("One a line. Whoever reads them learns the figures, with or without a place here."),
    )
    by_email = forms.BooleanField(label=gettext_lazy("Tell by e-mail"), required=False)
    by_webhook = forms.BooleanField(label=gettext_lazy("Tell the webhooks that have chosen this event"), required=False)

    def __init__(self, data: Any = None, *, readers: QuerySet[Administrator], kind: str = "", **options: Any) -> None:
        super().__init__(data, **options)
        self.watched = kind
        self.fields["percent"].required = kind in SHARES
        self.fields["administrators"].queryset = readers  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A percentage with the kinds that have one, and none with the others."""
        typed = super().clean() or {}
        kind = typed.get("kind") or self.watched
        if kind not in SHARES:
            self.errors.pop("percent", None)
            return {**typed, "percent": None}
        if "percent" not in self.errors and typed.get("percent") is None:
            self.add_error("percent", _("Enter the percentage that is to be watched."))
        return typed


class AlertForm(AlertTermsForm):
    """A new alert."""

    kind = forms.ChoiceField(label=gettext_lazy("What is watched"), choices=AlertKind.choices, initial=AlertKind.CAP_SHARE)
    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"),
        queryset=Organization.objects.none(),
        required=False,
        empty_label=gettext_lazy("All organizations"),
        help_text=gettext_lazy("An alert of one organization takes the place of those of the same kind for all, there."),
    )

    field_order = ["kind", "percent", "organization"]
    use_required_attribute = False  # the percentage is needed or not as the kind has one

    def __init__(self, data: Any = None, *, organizations: QuerySet[Organization], licenses: bool, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["percent"].required = True
        self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
        kinds = [(kind.value, kind.label) for kind in AlertKind if licenses or kind not in OF_LICENSES]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class MutingForm(forms.Form):
    """How long an alert is muted: through a day in the provider's zone, or until somebody ends it."""

    until = forms.DateField(
        label=gettext_lazy("Muted through"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date", "class": "short"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day without alerts. Leave it empty to mute it until you end that."),
    )

    def __init__(self, data: Any = None, *, zone: str, at: datetime) -> None:
        super().__init__(data)
        self.zone, self.at = zone, at

    def clean_until(self) -> datetime | None:
        """The instant at which the day ends.

        :raises forms.ValidationError: when that is past.
        """
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        if day >= date(9999, 1, 1):
            raise forms.ValidationError(_("Choose an earlier day."), code="too_late")
        until = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone))
        if until <= self.at:
            raise forms.ValidationError(_("This day is past."), code="past")
        return until


def terms_of(rule: AlertRule) -> dict[str, Any]:
    """What the form shows of an alert as it is."""
    return {
        "percent": "" if rule.percent is None else str(rule.percent),
        "to_billing": rule.to_billing,
        "administrators": rule.administrators,
        "emails": "\n".join(rule.emails),
        "by_email": rule.by_email,
        "by_webhook": rule.by_webhook,
    }


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except forms.ValidationError:
        return False
    return len(text) <= 254
