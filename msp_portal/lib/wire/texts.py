"""What may stand in a request: text that Postgres can keep, identifiers, JSON of a bounded depth."""

import json
from typing import Annotated, Any, Final, NoReturn

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import AfterValidator, Field, StringConstraints

from msp_portal.lib.wire.answers import refuse

LONGEST_EMAIL: Final = 254
"""As Django's e-mail columns have it."""
DEEPEST: Final = 20
"""Levels of lists and objects in a body; nothing of ours needs more than three."""


Amount = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["200.00"])]
"""Money as text, with the digits that its currency has after the point (prices may have more)."""

Currency = Annotated[str, Field(min_length=3, max_length=3, examples=["USD"])]


def is_storable(text: str) -> bool:
    """Whether Postgres can keep `text`: no NUL, and no half of a surrogate pair (which is no character)."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def storable(text: str) -> str:
    """`text` itself.

    :raises ValueError: as pydantic expects, when `is_storable` says no.
    """
    if not is_storable(text):
        raise ValueError("contains a character that cannot be kept (NUL or half of a surrogate pair)")
    return text


def email_address(text: str) -> str:
    """`text` itself.

    :raises ValueError: as pydantic expects, when it is no e-mail address.
    """
    try:
        validate_email(text)
    except ValidationError as fault:
        raise ValueError("is no e-mail address") from fault
    return text


STORABLE: Final = AfterValidator(storable)
Text = Annotated[str, STORABLE]
"""A text of a body. Where it has bounds they come first, so that they are told as bounds of a text: `Annotated[str, Field(max_length=255), STORABLE]`."""

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LONGEST_EMAIL),
    STORABLE,
    AfterValidator(email_address),
    Field(examples=["ada@harbor.example"]),
]

ID_PATTERN: Final = "^[0-9a-f]{24}$"
ID_EXAMPLE: Final = "0199f2b4c9a17d3e5f608192"
PublicId = Annotated[str, Field(pattern=ID_PATTERN, examples=[ID_EXAMPLE])]
"""An identifier as all rows have it: 24 lowercase hexadecimal characters."""


class StrictJson(Parser):
    """Reads a body as JSON and nothing looser: no NaN, no depth without end, no bytes that are not UTF-8."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The value of the body.

        :raises WireError: 400 for what is no JSON.
        """
        try:
            value = json.loads(request.body, parse_constant=_no_number)
        except (ValueError, RecursionError) as fault:
            raise refuse("body", "The body is not valid JSON.") from fault
        if _depth(value) > DEEPEST:
            raise refuse("body", f"The body is nested more than {DEEPEST} levels deep.")
        return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _depth(value: object) -> int:
    """Levels of nesting, counted without recursion."""
    deepest, level = 0, [value]
    while level:
        inner = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        deepest += bool(inner)
        level = [child for children in inner for child in children] if deepest <= DEEPEST else []
    return deepest
