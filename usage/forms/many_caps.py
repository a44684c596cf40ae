"""Many caps at once, as pages carry them: which organizations were chosen, what shall be done, and the plan that was shown."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from msp_portal.lib.ids import is_public_id
from usage.bounds import CAPS_AT_ONCE_MAX
from usage.forms.caps import PLAIN_NUMBER
from usage.queries.cap_plans import Operation, PlannedCap

# A page may carry ten thousand of these: none of their characters grows when a browser encodes them.
BETWEEN: Final = "."
INSIDE: Final = "-"
NO_CAP: Final = "0"
PLANNED: Final = re.compile(r"([0-9a-f]{24})-([0-9a-f]{32})-([0-9]{1,5})-([0-9]{1,5})")
LISTED: Final = re.compile(r"([0-9a-f]{24})(?:-([0-9]{1,5}))?")

LEAST: Final = {Operation.SET: USER_CAP_MIN, Operation.RAISE: 1, Operation.USERS: 0}
"""The smallest number that an operation takes; the others take none."""


class ManyCapsForm(forms.Form):
    """What shall be done with the organizations chosen: cleans to `operation` and `number` (None where it takes none)."""

    operation = forms.ChoiceField(label=gettext_lazy("User caps"), choices=[])
    number = forms.CharField(
        label=gettext_lazy("Number of users"),
        required=False,
        strip=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "class": "short", "maxlength": "12"}),
    )

    def __init__(self, *args: Any, of_a_file: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.of_a_file = of_a_file
        offered = [choice for choice in Operation if of_a_file or choice is not Operation.FILE]
        self.fields["operation"].choices = [(choice.value, choice.label) for choice in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Both together, as each operation has bounds of its own."""
        operation = Operation(self.cleaned_data["operation"]) if "operation" in self.cleaned_data else None
        least = LEAST.get(operation) if operation else None
        if operation is None or least is None:
            return {"operation": operation, "number": None}
        typed = self.cleaned_data.get("number") or ""
        if not (PLAIN_NUMBER.fullmatch(typed) or (least == 0 and typed == "0")) or int(typed) > USER_CAP_MAX:
            self.add_error("number", _out_of_range(least))
            return {"operation": operation, "number": None}
        return {"operation": operation, "number": int(typed)}


def _out_of_range(least: int) -> forms.ValidationError:
    bounds = {"lowest": number_format(least), "highest": number_format(USER_CAP_MAX, force_grouping=True)}
    return forms.ValidationError(
        _("Enter a whole number from %(lowest)s to %(highest)s, in plain digits.") % bounds, code="out_of_range"
    )


def too_many() -> str:
    """What to say to more organizations than one edit takes."""
    words = ngettext(
        "At most %(most)s organization is changed at once.",
        "At most %(most)s organizations are changed at once.",
        CAPS_AT_ONCE_MAX,
    )
    return words % {"most": number_format(CAPS_AT_ONCE_MAX, force_grouping=True)}


def listed_as_text(ids: Iterable[str], caps: Mapping[str, int | None] | None = None) -> str:
    """The organizations chosen, for a hidden field; with `caps`, what a file lists for each."""
    if caps is None:
        return BETWEEN.join(ids)
    return BETWEEN.join(f"{pk}{INSIDE}{caps[pk] or NO_CAP}" for pk in ids)


def listed_of(text: str) -> dict[str, int | None]:
    """What `listed_as_text` wrote: the cap of each organization. What is no such thing is left out."""
    found = (LISTED.fullmatch(part) for part in text.split(BETWEEN))
    return {match[1]: int(match[2] or NO_CAP) or None for match in found if match}


def ids_of(texts: Iterable[str]) -> list[str]:
    """The organizations of ticked boxes and of those that stand for a whole page. What is no id is left out."""
    return [pk for text in texts for pk in text.split(BETWEEN) if is_public_id(pk)]


def plan_as_text(planned: Iterable[PlannedCap]) -> str:
    """The plan that a page shows, for the form that confirms it."""
    return BETWEEN.join(
        INSIDE.join([plan.organization_id, plan.version, str(plan.former or NO_CAP), str(plan.user_cap or NO_CAP)])
        for plan in planned
    )


class ConfirmedForm(forms.Form):
    """The plan as it was shown; cleans to `planned`, at least one."""

    plan = forms.CharField(widget=forms.HiddenInput, strip=False)

    def clean(self) -> dict[str, list[PlannedCap]]:
        """The caps to set.

        :raises forms.ValidationError: for what no page of ours wrote.
        """
        parts = self.cleaned_data.get("plan", "").split(BETWEEN)
        found = [match for match in map(PLANNED.fullmatch, parts) if match and int(match[4]) <= USER_CAP_MAX]
        planned = [PlannedCap(m[1], m[2], int(m[3]) or None, int(m[4]) or None) for m in found]
        if not planned or len(planned) < len(parts) or len({plan.organization_id for plan in planned}) < len(parts):
            raise forms.ValidationError(_("This is no plan of this portal. Please choose again."), code="no_plan")
        return {"planned": planned}
