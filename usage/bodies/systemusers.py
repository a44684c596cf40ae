"""Directory users as v1 calls them: system users."""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from pydantic import Field
from typing_extensions import TypedDict

from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId
from usage.models import User

MOST_SYSTEMUSERS: Final = 1000
"""In one page; other lists give a hundred (design: provider-api 2)."""

State = Literal["STAGED", "ACTIVATED", "SUSPENDED"]
WIRE_STATES: Final[dict[str, State]] = {
    User.State.STAGED: "STAGED",
    User.State.ACTIVE: "ACTIVATED",
    User.State.SUSPENDED: "SUSPENDED",
}
STATES: Final[dict[str, User.State]] = {word: User.State(state) for state, word in WIRE_STATES.items()}


class SecondFactor(TypedDict):
    """Directory users sign in nowhere here, so they have none."""

    configured: bool


class Enrollment(TypedDict):
    """Nothing is known of one."""


class SystemUserBody(TypedDict):
    """One directory user. `displayname` is made of the names. `activated` is false while the user is staged."""

    _id: PublicId
    id: PublicId
    organization: PublicId
    username: Annotated[str, Field(examples=["ada.fox"])]
    email: Annotated[str, Field(examples=["ada.fox@harbor.example"])]
    firstname: Annotated[str, Field(examples=["Ada"])]
    lastname: Annotated[str, Field(examples=["Fox"])]
    displayname: Annotated[str, Field(examples=["Ada Fox"])]
    state: Annotated[State, Field(examples=["ACTIVATED"])]
    activated: Annotated[bool, Field(examples=[True])]
    suspended: bool
    account_locked: bool
    totp_enabled: bool
    mfa: SecondFactor
    mfaEnrollment: Enrollment
    created: datetime


class SystemUserList(TypedDict):
    """A page of users and how many match."""

    results: list[SystemUserBody]
    totalCount: int


COLUMNS: Final = {
    "_id": Column("pk"),
    "id": Column("pk"),
    "organization": Column("organization_id"),
    "username": Column("user_name"),
    "email": Column("email"),
    "firstname": Column("first_name"),
    "lastname": Column("last_name"),
    "displayname": Column("name"),
    "state": Column("state", words=STATES),
    "activated": Column("activated", "flag"),
    "suspended": Column("suspended", "flag"),
    "created": Column("created_at", "time"),
}


def systemuser_body(user: User) -> SystemUserBody:
    """One user on the wire."""
    return {
        "_id": user.pk,
        "id": user.pk,
        "organization": user.organization_id,
        "username": user.user_name,
        "email": user.email,
        "firstname": user.first_name,
        "lastname": user.last_name,
        "displayname": user.name,
        "state": WIRE_STATES[user.state],
        "activated": not user.is_staged,
        "suspended": user.is_suspended,
        "account_locked": False,
        "totp_enabled": False,
        "mfa": {"configured": False},
        "mfaEnrollment": {},
        "created": user.created_at,
    }


SYSTEMUSERS: Final = Listing[User](columns=COLUMNS, body=systemuser_body, most=MOST_SYSTEMUSERS)


def with_flags(rows: QuerySet[User]) -> QuerySet[User]:
    """The rows with the two flags that `SYSTEMUSERS` can be filtered and sorted by."""
    flags = {"activated": ~Q(state=User.State.STAGED), "suspended": Q(state=User.State.SUSPENDED)}
    return rows.alias(**{name: ExpressionWrapper(flag, BooleanField()) for name, flag in flags.items()})
