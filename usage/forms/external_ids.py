"""Many external ids at once: a field an organization, and beside it what stood there when it was looked at."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization

WANTED: Final = "id-"
FORMER: Final = "was-"
LONGEST: Final = Organization._meta.get_field("external_id").max_length or 0


class ExternalIdsForm(forms.Form):
    """Cleans into `changes`: by organization what its external id was and what it shall be, for those that shall be another."""

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        self.wanted = {name.removeprefix(WANTED): text.strip() for name, text in data.items() if name.startswith(WANTED)}
        self.former = {pk: data.get(f"{FORMER}{pk}", "") for pk in self.wanted}
        self.faults = {pk: _fault(text) for pk, text in self.wanted.items() if _fault(text)}

    def clean(self) -> dict[str, Any]:
        if self.faults:
            self.add_error(None, _("Nothing was saved. Please correct the ids that are marked."))
        pairs = {pk: (self.former[pk], text) for pk, text in self.wanted.items()}
        return {"changes": {pk: pair for pk, pair in pairs.items() if pair[0] != pair[1]}}


def _fault(text: str) -> str:
    if len(text) > LONGEST:
        return str(_("At most %(number)d characters.") % {"number": LONGEST})
    if not text.isprintable():
        return str(_("Some of these characters can't be printed."))
    return ""
