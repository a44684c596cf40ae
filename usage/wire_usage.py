"""What the usage addresses have in common on the wire."""

from typing import Annotated, Final

from django.http import QueryDict
from pydantic import Field

from msp_portal.lib.wire.filters import Column, value_of
from msp_portal.lib.wire.parameters import query

PATH: Final = "/v2/providers/{provider_id}/usage"
TAG: Final = "Usage"

HowMany = Annotated[int, Field(ge=0, examples=[42])]
Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"])]
TimeZone = Annotated[str, Field(description="The zone that the month begins and ends in.", examples=["America/Denver"])]

CLOSED: Final = query(
    "closed", "With `true`, closed organizations are there too.", {"type": "boolean", "default": False}, example=False
)


def with_closed(params: QueryDict) -> bool:
    """Whether closed organizations are asked for.

    :raises WireError: 400 for anything but true and false.
    """
    return bool(value_of(Column("closed", "flag"), "closed", params.get("closed") or "false"))
