"""Devices as v1 calls them: systems."""

from datetime import datetime
from typing import Annotated, Final, NotRequired

from pydantic import BaseModel, Field, StringConstraints
from typing_extensions import TypedDict

from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import STORABLE, PublicId
from usage.bounds import LONGEST_DEVICE_NAME
from usage.models import Device

NAME_EXAMPLE: Final = "HARBOR-PC-07"


class SystemBody(TypedDict):
    """One device. Nothing watches whether it is switched on: `active` says that it is managed and counted, as all that are listed are.

    The portal keeps one name, so `displayName` and `hostname` are the same. `os` and `serialNumber` are absent where nobody noted them.
    """

    _id: PublicId
    id: PublicId
    organization: PublicId
    displayName: Annotated[str, Field(examples=[NAME_EXAMPLE])]
    hostname: Annotated[str, Field(examples=[NAME_EXAMPLE])]
    active: Annotated[bool, Field(examples=[True])]
    os: NotRequired[Annotated[str, Field(examples=["Windows 11"])]]
    serialNumber: NotRequired[Annotated[str, Field(examples=["PF-3X91"])]]
    created: datetime


class SystemList(TypedDict):
    """A page of devices and how many match."""

    results: list[SystemBody]
    totalCount: int


class SystemChange(BaseModel):
    """What changes of a device. Other fields are its agent's to say, and ignored."""

    display_name: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_DEVICE_NAME), STORABLE] | None,
        Field(alias="displayName", examples=[NAME_EXAMPLE]),
    ] = None


COLUMNS: Final = {
    "_id": Column("pk"),
    "id": Column("pk"),
    "organization": Column("organization_id"),
    "displayName": Column("name"),
    "hostname": Column("name"),
    "os": Column("operating_system"),
    "serialNumber": Column("serial_number"),
    "created": Column("created_at", "time"),
}


def system_body(device: Device) -> SystemBody:
    """One device on the wire."""
    body: SystemBody = {
        "_id": device.pk,
        "id": device.pk,
        "organization": device.organization_id,
        "displayName": device.name,
        "hostname": device.name,
        "active": True,
        "created": device.created_at,
    }
    if device.operating_system:
        body["os"] = device.operating_system
    if device.serial_number:
        body["serialNumber"] = device.serial_number
    return body


SYSTEMS: Final = Listing[Device](columns=COLUMNS, body=system_body)
