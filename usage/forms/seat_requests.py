"""A request for seats as a client types it, and its answer as the MSP does."""

from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.bounds import USER_CAP_MAX
from accounts.forms.fields import WrittenField
from usage.bounds import SEAT_REQUEST_TEXT_LONGEST
from usage.forms.caps import PLAIN_NUMBER
from usage.models import SeatRequest


class SeatsField(forms.CharField):
    """A whole number of seats from 1 to `most`. It is a text field, so that what was typed stays whatever it was."""

    widget = forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "short", "maxlength": "12"})

    def __init__(self, *, most: int = USER_CAP_MAX - 1, **options: Any) -> None:
        super().__init__(strip=False, **options)
        self.most = most

    def clean(self, value: Any) -> int:
        """The number.

        :raises forms.ValidationError: naming the allowed range, for anything else.
        """
        if not PLAIN_NUMBER.fullmatch(str(value or "")) or int(value) > self.most:
            most = number_format(self.most, force_grouping=True)
            words = _("Enter a whole number from 1 to %(most)s, in plain digits.") % {"most": most}
            raise forms.ValidationError(words, code="out_of_range")
        return int(value)


class SeatRequestForm(forms.Form):
    """How many more, why, and until when if not for good."""

    result: SeatRequest

    seats = SeatsField(label=gettext_lazy("How many more seats"))
    reason = WrittenField(
        label=gettext_lazy("Reason"),
        rows=3,
        max_length=SEAT_REQUEST_TEXT_LONGEST,
        help_text=gettext_lazy("What they are for; your MSP reads it."),
    )
    until = forms.DateField(
        label=gettext_lazy("Needed until"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date", "class": "short"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day. Leave it empty if they are needed for good."),
    )


class GrantForm(forms.Form):
    """How many of the seats asked for, on the cap that the person saw."""

    result: SeatRequest

    seats = SeatsField(label=gettext_lazy("Seats to grant"))
    seen_cap = forms.IntegerField(required=False, widget=forms.HiddenInput)
    answer = WrittenField(label=gettext_lazy("A word to the asker"), rows=2, required=False, max_length=SEAT_REQUEST_TEXT_LONGEST)

    def __init__(self, data: Any = None, *, request: SeatRequest, **options: Any) -> None:
        super().__init__(data, auto_id="grant_%s", **options)
        self.fields["seats"].most = request.seats  # type: ignore[attr-defined]

    def look_at(self, user_cap: int | None) -> None:
        """Show the form again on the cap that stands now: whoever confirms it has seen that one."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen_cap"] = "" if user_cap is None else str(user_cap)  # type: ignore[index]


class DeclineForm(forms.Form):
    """Why not."""

    result: SeatRequest

    answer = WrittenField(label=gettext_lazy("Reason"), rows=2, max_length=SEAT_REQUEST_TEXT_LONGEST)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="decline_%s")
