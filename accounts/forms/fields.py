"""Fields that several forms ask for."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN

PLAIN_NUMBER = re.compile(r"[0-9]{1,9}")


class UserCapField(forms.CharField):
    """A user cap in plain digits, cleaned to int, or None when empty. `+5`, `1.0`, `1e3`, `1_000` and digits of other scripts are refused."""

    default_error_messages = {
        "range": _("Enter a whole number from %(least)d to %(most)s, in plain digits."),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}))
        super().__init__(max_length=20, **options)

    def clean(self, value: Any) -> int | None:
        """The number, or None for an empty text.

        :raises ValidationError: naming the allowed range, for anything else.
        """
        text = super().clean(value)
        if not text:
            return None
        if PLAIN_NUMBER.fullmatch(text) and USER_CAP_MIN <= int(text) <= USER_CAP_MAX:
            return int(text)
        raise ValidationError(
            self.error_messages["range"], code="range", params={"least": USER_CAP_MIN, "most": f"{USER_CAP_MAX:,}"}
        )


class WrittenField(forms.CharField):
    """What a person writes in several lines, cleaned to lines that end as on Unix: so the longest text counts the same in the browser and here."""

    def __init__(self, *, rows: int, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **options)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")
