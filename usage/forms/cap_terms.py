"""A cap with dates, as a person types it in the provider's zone."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from usage.actions.cap_changes import Term
from usage.bounds import CAP_PLANNED_AHEAD_MAX
from usage.forms.caps import UserCapForm, cap_initial
from usage.models import CapChange, Seats

AS_TYPED: Final = "%Y-%m-%dT%H:%M"
"""What a browser's field for a local time sends."""


class LocalTimeField(forms.CharField):
    """A date and time on the clocks of `zone`, cleaned to the instant; None where it is empty."""

    zone = "UTC"

    def __init__(self, **options: Any) -> None:
        attributes = {"type": "datetime-local", "data-chooses": "id_term_1"}
        super().__init__(required=False, max_length=30, widget=forms.TextInput(attributes), **options)

    def clean(self, value: Any) -> datetime | None:
        """The instant; of a time that the clocks show twice the first.

        :raises forms.ValidationError: for what is no time, and for one that the clocks leap over.
        """
        typed = super().clean(value)
        if not typed:
            return None
        try:
            local = datetime.strptime(typed, AS_TYPED).replace(tzinfo=ZoneInfo(self.zone))
            if _utc(local).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
                raise forms.ValidationError(
                    _("The clocks in %(zone)s leap over this time.") % {"zone": self.zone}, code="leapt_over"
                )
            return _utc(local)
        except (ValueError, OverflowError) as fault:
            raise forms.ValidationError(_("Enter a date and a time, such as 2026-12-03T09:00."), code="no_time") from fault


class DatedCapForm(UserCapForm):
    """The cap and how long it shall stand. Cleans to what `set_cap_for_a_time` takes.

    Whoever leaves `term` out means the cap alone: what is planned is kept then.
    """

    term = forms.ChoiceField(label=gettext_lazy("How long"), required=False, widget=forms.RadioSelect, choices=[])
    begins_at = LocalTimeField(label=gettext_lazy("From"))
    ends_at = LocalTimeField(label=gettext_lazy("Until"))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, seats: Seats, change: CapChange | None, zone: str, at: datetime) -> None:
        usual = Term.KEEP if change else Term.NOW
        planned = {"ends_at": _typed(change.ends_at, zone), "seen": change.pk} if change else {}
        super().__init__(data, initial={**cap_initial(seats.user_cap), "term": usual.value, **planned})
        self.at, self.usual = at, usual
        offered = (Term.KEEP, Term.DATED, Term.DROP) if change else (Term.NOW, Term.DATED)
        self.fields["term"].choices = [(term.value, term.label) for term in offered]  # type: ignore[attr-defined]
        for name in ("begins_at", "ends_at"):
            self.fields[name].zone = zone  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Both together."""
        typed = self.cleaned_data
        found = {"term": Term(typed.get("term") or self.usual), "seen": typed.get("seen", "")}
        found |= {"begins_at": typed.get("begins_at"), "ends_at": typed.get("ends_at")}
        cap = super().clean()
        if found["term"] is Term.DATED:
            self._check_dates(found["begins_at"], found["ends_at"])
        elif any(name in self.data and name in self.changed_data for name in ("begins_at", "ends_at")):
            self.add_error("term", _("Choose “From or until a date” if the dates are meant, or leave them as they were."))
        return {**found, **cap}

    def _check_dates(self, begins_at: datetime | None, ends_at: datetime | None) -> None:
        if begins_at is None and ends_at is None and not self.errors:
            self.add_error("ends_at", _("Enter when it begins, when it ends, or both."))
        for name, instant in {"begins_at": begins_at, "ends_at": ends_at}.items():
            if instant and instant <= self.at:
                self.add_error(name, _("This time is over."))
            elif instant and instant > self.at + CAP_PLANNED_AHEAD_MAX:
                self.add_error(name, _("At most three years ahead."))
        if begins_at and ends_at and ends_at <= begins_at:
            self.add_error("ends_at", _("It must end after it begins."))


def _utc(local: datetime) -> datetime:
    return local.astimezone(ZoneInfo("UTC"))


def _typed(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime(AS_TYPED) if at else ""
