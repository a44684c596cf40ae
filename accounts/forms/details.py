"""The form of an account's details."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import UserCapField
from accounts.models import Provider

AREAS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
ZONES = ["UTC", *sorted(zone for zone in available_timezones() if zone.split("/")[0] in AREAS)]


class AccountDetailsForm(forms.ModelForm[Provider]):
    """Name, the contact that client organizations are told, time zone, default cap."""

    result: dict[str, tuple[object, object]]

    default_user_cap = UserCapField(
        label=_("Default user cap of new organizations"),
        required=False,
        help_text=_("Empty: new organizations have no user cap. Organizations that exist keep theirs."),
    )

    class Meta:
        model = Provider
        fields = ["name", "contact_name", "contact_email", "contact_phone", "time_zone", "default_user_cap"]
        labels = {"contact_name": _("Contact"), "contact_email": _("E-mail"), "contact_phone": _("Phone")}
        help_texts = {
            "time_zone": _(
                "Type a city. Billing months begin and end at midnight there; a change takes effect from the next month."
            ),
        }
        widgets = {"time_zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].label = _("Name of your company")
        self.fields["time_zone"].label = _("Time zone")

    def clean_time_zone(self) -> str:
        """The zone's IANA name.

        :raises ValidationError: for a name that is none.
        """
        written = self.cleaned_data["time_zone"].strip().replace(" ", "_")
        found = next((zone for zone in ZONES if zone.lower() == written.lower()), None)
        if found is None:
            raise ValidationError(_("Choose one from the list, such as Europe/Berlin or America/Denver."))
        return found

    def _post_clean(self) -> None:
        """Leaves the provider's object alone: the action changes it, after the rules have agreed."""
