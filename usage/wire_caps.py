"""A user cap on the wire, the same at every address: no cap is written as 0 or null and told by leaving the field out (design: provider-api, decisions 1 and 2)."""

from typing import Annotated, Any, Final

from django.http import JsonResponse
from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from accounts.roles import Permission
from msp_portal.lib.rules import RuleBroken
from msp_portal.lib.wire import etags
from usage.models import Seats

NO_CAP: Final = 0

Cap = Annotated[int, Field(ge=USER_CAP_MIN, le=USER_CAP_MAX, examples=[50])]
"""In answers, where there is one."""


def user_cap_of(written: object) -> int | None:
    """The cap that a client wrote; None for no cap.

    :raises PydanticCustomError: naming the range, for anything but a whole number within it, 0 and null.
    """
    if written is None:
        return None
    if type(written) is int and (
        written == NO_CAP or USER_CAP_MIN <= written <= USER_CAP_MAX
    ):  # True is an int, but not of this type
        return written or None
    raise PydanticCustomError(
        "user_cap",
        "a whole number from {lowest} to {highest}; 0 or null for no cap",
        {"lowest": USER_CAP_MIN, "highest": USER_CAP_MAX},
    )


WantedCap = Annotated[
    int | None,
    PlainValidator(user_cap_of),
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": NO_CAP, "maximum": USER_CAP_MAX}, {"type": "null"}],
            "description": "The most users; 0 or null for no cap.",
            "examples": [50],
        }
    ),
]
"""In requests."""


class CapNotAllowed(RuleBroken):
    """A new organization's cap was sent by a key that may not set caps: 400 as the contract has it, where a change is 403."""

    message = "The role of this key may not set maxSystemUsers."
    code = Permission.EDIT_CAPS.value  # the audit log reads as it does for a 403
    field = "maxSystemUsers"


def answer_with_cap(seats: Seats, body: Any, *, rest: str = "", status: int = 200) -> JsonResponse:
    """The answer of an address that shows this one organization's cap."""
    answer = JsonResponse(body, status=status)
    etags.mark(answer, seats.cap_version, rest)
    return answer


SHOWS_CAP: Final = {"headers": etags.HEADER}
"""Of such an answer, in the OpenAPI document."""
