"""One call of the API: what was sent, and the checks that Stripe makes of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from payment_stand_in.errors import ApiError, invalid
from payment_stand_in.settings import Settings
from payment_stand_in.state import Shape, State

ALWAYS_ALLOWED: Final = {"expand"}
GONE: Final = {"payment_method_types": "payment_method_types_no_longer_supported"}


@dataclass(frozen=True)
class Answer:
    """What goes out. A 402 is an answer, as what led to it is kept; everything else above 200 is raised and undone."""

    shape: Shape
    status: int = 200


@dataclass(frozen=True)
class Call:
    """Parameters, the id in the path, and the transaction that the call runs in."""

    state: State
    settings: Settings
    params: dict[str, Any] = field(default_factory=dict)
    identity: str = ""

    def only(self, *names: str) -> None:
        """:raises ApiError: if a parameter was sent that isn't one of these."""
        for name in self.params.keys() - set(names) - ALWAYS_ALLOWED:
            raise invalid(f"Received unknown parameter: {name}", GONE.get(name, "parameter_unknown"), name)

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter.

        :raises ApiError: if it is missing and has no default, or is no text.
        """
        value = self.params.get(name, default)
        if value is None:
            raise invalid(f"Missing required param: {name}.", "parameter_missing", name)
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {name}", "", name)
        return value

    def whole(self, name: str, default: str | None = None) -> int:
        """A parameter that is a whole number of at least 1."""
        text = self.text(name, default)
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise invalid(f"Invalid positive integer: {name}", "parameter_invalid_integer", name)
        return int(text)

    def truth(self, name: str) -> bool:
        """A parameter that is true or false, and false when it isn't sent."""
        text = self.text(name, "false")
        if text not in {"true", "false"}:
            raise invalid(f"Invalid boolean: {name}", "", name)
        return text == "true"

    def branch(self, name: str) -> dict[str, Any]:
        """A parameter with parts, empty when it isn't sent."""
        value = self.params.get(name) or {}
        if not isinstance(value, dict):
            raise invalid(f"Invalid object: {name}", "", name)
        return value

    def texts(self, name: str) -> list[str]:
        """A parameter that is a list, empty when it isn't sent."""
        value = self.params.get(name) or []
        if not isinstance(value, list):
            raise invalid(f"Invalid array: {name}", "", name)
        return [str(part) for part in value]


def wrong_state(what: str, status: str) -> ApiError:
    """An act for which the object is in the wrong state."""
    return invalid(f"This {what} cannot be changed because it has a status of {status}.", f"{what}_unexpected_state")
