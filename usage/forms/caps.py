"""The user cap as a person types it."""

import re
from typing import Any, Final

from django import forms
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN

PLAIN_NUMBER: Final = re.compile(r"[1-9][0-9]{0,4}")
"""ASCII digits and nothing else: int() would also take `+5`, `1_000`, blanks and the digits of other scripts."""


def range_in_words() -> str:
    """`1 to 10,000` in the reader's format."""
    return _("%(lowest)s to %(highest)s") % _bounds()


def out_of_range() -> forms.ValidationError:
    """The refusal of anything that is no cap, with what would be one."""
    return forms.ValidationError(
        _("Enter a whole number from %(lowest)s to %(highest)s, in plain digits.") % _bounds(), code="out_of_range"
    )


def _bounds() -> dict[str, str]:
    return {"lowest": number_format(USER_CAP_MIN), "highest": number_format(USER_CAP_MAX, force_grouping=True)}


class UserCapField(forms.CharField):
    """A whole number of seats between the bounds of a cap. It is a text field, so that what was typed stays whatever it was."""

    widget = forms.TextInput(
        {"inputmode": "numeric", "autocomplete": "off", "class": "short", "maxlength": "12", "data-chooses": "id_limit_1"}
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def clean(self, value: Any) -> int | None:
        """The number; None where the field is not required and empty.

        :raises forms.ValidationError: naming the allowed range.
        """
        if value in (None, "") and not self.required:
            return None
        if not PLAIN_NUMBER.fullmatch(str(value or "")) or not USER_CAP_MIN <= int(value) <= USER_CAP_MAX:
            raise out_of_range()
        return int(value)


class UserCapForm(forms.Form):
    """`No User Cap`, or `Cap Users at` a number. Cleans to `user_cap`: the number, or None for no cap."""

    limit = forms.ChoiceField(
        label=gettext_lazy("User Cap"),
        choices=[("none", gettext_lazy("No User Cap")), ("capped", gettext_lazy("Cap Users at"))],
        widget=forms.RadioSelect,
    )
    user_cap = UserCapField(label=gettext_lazy("Number of users"), required=False, help_text=lazy(range_in_words, str)())

    def clean(self) -> dict[str, Any]:
        """`user_cap` alone: a number that stands beside `No User Cap` is not meant."""
        if self.cleaned_data.get("limit") == "none":
            self.errors.pop("user_cap", None)
            return {"user_cap": None}
        if "user_cap" not in self.errors and self.cleaned_data.get("user_cap") is None:
            self.add_error("user_cap", out_of_range())
        return {"user_cap": self.cleaned_data.get("user_cap")}


def cap_initial(user_cap: int | None) -> dict[str, Any]:
    """What the form shows for a cap that stands."""
    return {"limit": "none" if user_cap is None else "capped", "user_cap": "" if user_cap is None else str(user_cap)}
