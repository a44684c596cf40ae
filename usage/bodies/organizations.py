"""Organizations as v1 writes them: with the figures of the usage screen."""

from datetime import datetime
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.texts import PublicId
from usage.models import Licensing, Seats
from usage.wire_caps import Cap

Count = Annotated[int, Field(ge=0, examples=[42])]


class EntitlementProduct(TypedDict):
    """The package that the provider's contract names, and how far the organization may use it."""

    name: Annotated[str, Field(examples=["Platform Plus"])]
    maxUserCount: NotRequired[Cap]


class Entitlement(TypedDict):
    """What the organization may have. The commitment is the provider's, not any one organization's, so it stands with the licences."""

    capUserQuantity: Annotated[bool, Field(examples=[True])]
    maxUserQuantity: NotRequired[Cap]
    entitlementProducts: list[EntitlementProduct]


class FiguresBody(TypedDict):
    """One client with its counts and marks as of now; the marks are those that are billed.

    `maxSystemUsers` is absent without a user cap, `highWaterMarkLastMonth` for an organization that is new this month, `entitlement` for keys
    whose role may not see licence figures.
    """

    _id: PublicId
    id: PublicId
    provider: PublicId
    displayName: Annotated[str, Field(examples=["Harbor Foods"])]
    created: datetime
    systemsCount: Count
    systemUsersCount: Count
    highWaterMark: Count
    highWaterMarkLastMonth: NotRequired[Count]
    maxSystemUsers: NotRequired[Cap]
    entitlement: NotRequired[Entitlement]


class SettingsBody(TypedDict):
    """What can be set of a client."""

    name: Annotated[str, Field(examples=["Harbor Foods"])]
    contactName: Annotated[str, Field(examples=["Ada Fox"])]
    contactEmail: Annotated[str, Field(examples=["ada.fox@harbor.example"])]
    maxSystemUsers: NotRequired[Cap]


class SettledBody(FiguresBody):
    """One client with its figures and settings."""

    settings: SettingsBody


class FiguresList(TypedDict):
    """A page of clients and how many match."""

    results: list[FiguresBody]
    totalCount: int


COLUMNS: Final = {
    "_id": Column("organization_id"),
    "id": Column("organization_id"),
    "displayName": Column("organization__name"),
    "settings.name": Column("organization__name"),
    "created": Column("organization__created_at", "time"),
    "systemsCount": Column("devices", "whole number"),
    "systemUsersCount": Column("users", "whole number"),
    "highWaterMark": Column("high_water_mark", "whole number"),
    "highWaterMarkLastMonth": Column("last_high_water_mark", "whole number"),
    "maxSystemUsers": Column("user_cap", "whole number"),
    "settings.maxSystemUsers": Column("user_cap", "whole number"),
}


def figures_body(seats: Seats, *, sees_licences: bool) -> FiguresBody:
    """One organization on the wire. The row comes from `Seats.objects.as_of` with its organization, and its provider's licensing for whom
    that is shown."""
    client = seats.organization
    body: FiguresBody = {
        "_id": client.pk,
        "id": client.pk,
        "provider": client.provider_id,
        "displayName": client.name,
        "created": client.created_at,
        "systemsCount": seats.devices,
        "systemUsersCount": seats.users,
        "highWaterMark": seats.high_water_mark,  # type: ignore[attr-defined]
    }
    if seats.last_high_water_mark is not None:  # type: ignore[attr-defined]
        body["highWaterMarkLastMonth"] = seats.last_high_water_mark  # type: ignore[attr-defined]
    if seats.user_cap is not None:
        body["maxSystemUsers"] = seats.user_cap
    if sees_licences:
        body["entitlement"] = _entitlement(seats, getattr(seats.provider, "licensing", None))
    return body


def settled_body(seats: Seats, *, sees_licences: bool) -> SettledBody:
    """`figures_body` with what can be set."""
    client = seats.organization
    settings: SettingsBody = {"name": client.name, "contactName": client.contact_name, "contactEmail": client.contact_email}
    if seats.user_cap is not None:
        settings["maxSystemUsers"] = seats.user_cap
    return {**figures_body(seats, sees_licences=sees_licences), "settings": settings}


def _entitlement(seats: Seats, licensing: Licensing | None) -> Entitlement:
    entitled: Entitlement = {"capUserQuantity": seats.has_cap, "entitlementProducts": []}
    product: EntitlementProduct | None = {"name": licensing.package_name} if licensing else None
    if seats.user_cap is not None:
        entitled["maxUserQuantity"] = seats.user_cap
    if product is not None:
        if seats.user_cap is not None:
            product["maxUserCount"] = seats.user_cap
        entitled["entitlementProducts"].append(product)
    return entitled
