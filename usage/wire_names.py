"""The name of an organization on the wire, the same at every address."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from msp_portal.lib.wire.texts import Text
from usage.forms.organizations import can_be_read, tidy_name

LONGEST_NAME: Final = 255


def organization_name(written: str) -> str:
    """The name as it is kept.

    :raises PydanticCustomError: for an empty or too long one.
    """
    name = tidy_name(written)
    if len(name) > LONGEST_NAME or not can_be_read(name):
        raise PydanticCustomError("name", "1 to {longest} characters, among them a letter or digit", {"longest": LONGEST_NAME})
    return name


OrganizationName = Annotated[
    Text,
    AfterValidator(organization_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME, "pattern": r"\S"}, examples=["Harbor Foods"]),
]
