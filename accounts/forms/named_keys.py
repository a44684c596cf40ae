"""The forms that make and renew a named key."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.bounds import KEY_LIFE_DAYS, KEY_LIFE_MAX
from accounts.forms.key import KeepHoursField, KeyRoleField
from accounts.forms.networks import NetworksField
from accounts.models import Administrator, ApiKey
from accounts.roles import Role

ENDLESS: Final = "endless"
TO_A_DAY: Final = "day"


def lifetimes() -> list[tuple[str, Any]]:
    """For how long a key may be made to work."""
    spans = [(str(days), ngettext("%(days)d day", "%(days)d days", days) % {"days": days}) for days in KEY_LIFE_DAYS]
    return [*spans, (TO_A_DAY, _("To the end of")), (ENDLESS, _("Until it is revoked"))]


class KeyTermsForm(forms.Form):
    """How long a key works, and from where. Cleans to `expires_at`, None for one without end, and `networks`, None for anywhere."""

    result: tuple[ApiKey, str]

    lifetime = forms.ChoiceField(
        label=_("How long the new key works"), choices=lifetimes, initial=KEY_LIFE_DAYS[-1], widget=forms.RadioSelect
    )
    last_day = forms.DateField(
        label=_("Its last day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(
            {"type": "date", "class": "short", "data-chooses": f"id_lifetime_{len(KEY_LIFE_DAYS)}"}, format="%Y-%m-%d"
        ),
    )
    networks = NetworksField(required=False)

    def __init__(self, *args: Any, zone: str, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone, self.at = ZoneInfo(zone), at

    def clean(self) -> dict[str, Any]:
        """`expires_at` in place of the two fields that say it. A day that stands beside another choice is not meant."""
        cleaned = super().clean() or {}
        lifetime, day = cleaned.pop("lifetime", ENDLESS), cleaned.pop("last_day", None)
        if lifetime == TO_A_DAY:
            return {**cleaned, "expires_at": self._end_of(day)}
        self.errors.pop("last_day", None)
        return {**cleaned, "expires_at": None if lifetime == ENDLESS else self.at + timedelta(days=int(lifetime))}

    def _end_of(self, day: date | None) -> datetime | None:
        """The midnight after `day` in the provider's zone; None, and an error at the field, for a day that can't be the last one."""
        today = self.at.astimezone(self.zone).date()
        if day is not None and today <= day <= today + KEY_LIFE_MAX:
            return datetime.combine(day + timedelta(days=1), time.min, self.zone)
        if "last_day" not in self.errors:
            years = KEY_LIFE_MAX // timedelta(days=365)
            self.add_error("last_day", _("Choose a day from today on, at most %(years)d years ahead.") % {"years": years})
        return None


class NamedKeyForm(KeyTermsForm):
    """A further key: whose it is, what it may do, and its terms."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Who uses it: a script, a tool, a partner."))
    role = KeyRoleField(initial=Role.READ_ONLY)  # the least, so that none is given more by oversight

    field_order = ["name", "role"]

    def __init__(self, *args: Any, maker: Administrator, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].offer_to(maker)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """The name with single spaces."""
        name = " ".join(self.cleaned_data["name"].split())
        if not any(character.isalnum() for character in name):
            raise forms.ValidationError(_("A name has at least one letter or digit."))
        return name


class RenewalForm(KeyTermsForm):
    """The terms of the new key, which begin as those of the present one, and how long that is kept."""

    keep_hours = KeepHoursField()

    def __init__(self, *args: Any, present: ApiKey, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.update(self._lifetime_of(present), networks=present.allowed_from)

    def _lifetime_of(self, key: ApiKey) -> dict[str, Any]:
        """What was chosen when `key` was made: so many days, which begin anew, or a last day, which stays."""
        if key.expires_at is None:
            return {"lifetime": ENDLESS}
        days = (key.expires_at - key.created_at) / timedelta(days=1)
        if days in KEY_LIFE_DAYS:
            return {"lifetime": str(int(days))}
        last_instant = key.expires_at - timedelta.resolution
        return {"lifetime": TO_A_DAY, "last_day": last_instant.astimezone(self.zone).date()}
