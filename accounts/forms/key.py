"""The form that generates the primary key, and the fields that it has in common with those of the named keys (named_keys.py)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.bounds import KEY_OVERLAP_HOURS
from accounts.models import Administrator, ApiKey
from accounts.roles import Role, roles_within


def ways_to_keep() -> list[tuple[int, Any]]:
    """For how many hours a key may go on working beside the one that takes its place, in words."""
    return [(0, _("Stops working at once")), *map(_kept_for, KEY_OVERLAP_HOURS)]


class KeyRoleField(forms.ChoiceField):
    """What a key may do; no more than `offer_to` its maker."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("The key may do what this role may"),
            help_text=_("No more than your own role. Give it the least that your integrations need."),
            **options,
        )

    def offer_to(self, maker: Administrator) -> None:
        self.choices = [(role.value, role.label) for role in roles_within(Role(maker.role))]


class KeepHoursField(forms.TypedChoiceField):
    """For how many hours the former key goes on working; 0 for none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("The former key"), coerce=int, widget=forms.RadioSelect, initial=0, choices=ways_to_keep, **options
        )


class KeyForm(forms.Form):
    """What the new key may do and how long the former one is kept. `replaces` says which key the person saw as the present one."""

    result: tuple[ApiKey, str]

    replaces = forms.CharField(required=False, max_length=24, widget=forms.HiddenInput)
    role = KeyRoleField()
    keep_hours = KeepHoursField()

    def __init__(self, *args: Any, maker: Administrator, present: ApiKey | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"].offer_to(maker)  # type: ignore[attr-defined]
        self.initial.setdefault("replaces", present.pk if present else "")
        if present is None:
            self.fields["keep_hours"].required = False
            self.fields["keep_hours"].widget = forms.HiddenInput()

    def clean_keep_hours(self) -> int:
        """0 where there is no former key to keep."""
        return self.cleaned_data["keep_hours"] or 0


def _kept_for(hours: int) -> tuple[int, str]:
    return hours, ngettext("Works for %(hours)d more hour", "Works for %(hours)d more hours", hours) % {"hours": hours}
