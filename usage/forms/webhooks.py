"""The forms of a webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from usage.bounds import LONGEST_WEBHOOK_NAME, LONGEST_WEBHOOK_URL
from usage.models import WebhookEndpoint
from usage.webhook_events import heard_by


class WebhookForm(forms.Form):
    """Where it goes, and of what it tells."""

    result: Any

    url = forms.CharField(
        label=_("Address"),
        max_length=LONGEST_WEBHOOK_URL,
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}),
        help_text=_("Each event is sent there as a POST. It must be https and reachable from the internet."),
    )
    description = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_WEBHOOK_NAME,
        required=False,
        help_text=_("What listens there; the address's server if left empty."),
    )
    types = forms.MultipleChoiceField(
        label=_("Events"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )

    def __init__(self, data: Any = None, *, licenses: bool, **options: Any) -> None:
        super().__init__(data, **options)
        choices = [(event.value, event.label) for event in heard_by(licenses=licenses)]
        self.fields["types"].choices = choices  # type: ignore[attr-defined]


def initial_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What the form shows of an endpoint as it is."""
    return {"url": endpoint.url, "description": endpoint.description, "types": endpoint.types}
