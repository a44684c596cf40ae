"""The field for addresses that something is bound to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.bounds import KEY_NETWORKS_MAX
from msp_portal.lib.networks import network_of, words_of


class NetworksField(forms.CharField):
    """Addresses and networks, one a line. Cleans to a list of them as they are usually written, None where nothing was typed."""

    default_error_messages = {
        "faulty": _("“%(line)s” is no address and no network. Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32."),
        "between": _(
            "“%(line)s” is an address with the size of a network. Write %(network)s for the network, or the address alone."
        ),
        "many": _("These are more than %(most)d. Write networks in place of single addresses."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Allowed addresses"),
            help_text=_("IPv4 or IPv6 addresses, or networks such as 203.0.113.0/24, one a line. Empty: from anywhere."),
            widget=forms.Textarea({"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
            max_length=50 * KEY_NETWORKS_MAX,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        """A list as lines; what was typed as it was typed."""
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def clean(self, value: Any) -> list[str] | None:
        """The networks, each once.

        :raises ValidationError: naming the first line that is none, or when there are too many.
        """
        lines = [line.strip() for line in super().clean(value).splitlines()]
        networks = list(dict.fromkeys(self._network(line) for line in lines if line))
        if len(networks) > KEY_NETWORKS_MAX:
            raise ValidationError(self.error_messages["many"], code="many", params={"most": KEY_NETWORKS_MAX})
        return networks or None

    def _network(self, line: str) -> str:
        try:
            return words_of(network_of(line))
        except ValueError:
            raise self._fault_of(line) from None

    def _fault_of(self, line: str) -> ValidationError:
        try:
            meant = network_of(line, strict=False)
        except ValueError:
            return ValidationError(self.error_messages["faulty"], code="faulty", params={"line": line})
        return ValidationError(self.error_messages["between"], code="between", params={"line": line, "network": meant})
