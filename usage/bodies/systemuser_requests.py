"""What clients write of a directory user. Fields that the portal does not keep are ignored."""

from typing import Annotated, Final

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from msp_portal.lib.wire.answers import WireError, refuse
from msp_portal.lib.wire.texts import STORABLE, Email
from usage.bodies.systemusers import STATES, State
from usage.bounds import LONGEST_PERSON_NAME, LONGEST_USER_NAME
from usage.models import User

UserName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_USER_NAME),
    STORABLE,
    Field(examples=["ada.fox"]),
]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_PERSON_NAME), STORABLE]
FIELDS: Final = {"username": "user_name", "email": "email", "firstname": "first_name", "lastname": "last_name"}


class NewSystemUser(BaseModel):
    """A user to add. Whichever state it comes in, it takes a seat."""

    username: UserName
    email: Email
    firstname: Annotated[PersonName | None, Field(examples=["Ada"])] = None
    lastname: Annotated[PersonName | None, Field(examples=["Fox"])] = None
    state: State | None = None
    suspended: StrictBool | None = None
    activated: StrictBool | None = None

    @property
    def names(self) -> dict[str, str]:
        """The fields of a user, as `add_user` takes them."""
        return {field: getattr(self, name) or "" for name, field in FIELDS.items()}

    @property
    def first_state(self) -> User.State:
        """`state`; where it is left out, what the two flags say.

        :raises WireError: 400 when `state` and `suspended` contradict each other.
        """
        if self.state and self.suspended and self.state != "SUSPENDED":
            raise _contradiction()
        if self.state:
            return STATES[self.state]
        if self.suspended:
            return User.State.SUSPENDED
        return User.State.STAGED if self.activated is False else User.State.ACTIVE


class SystemUserChange(BaseModel):
    """What changes of a user; what is left out, or null, stays. A script that writes back all that it read means what it changed."""

    username: UserName | None = None
    email: Email | None = None
    firstname: Annotated[PersonName | None, Field(examples=["Ada"])] = None
    lastname: Annotated[PersonName | None, Field(examples=["Fox"])] = None
    state: State | None = None
    suspended: StrictBool | None = None
    activated: StrictBool | None = None

    def names_of(self, user: User) -> dict[str, str]:
        """Who the user is after the change, as `edit_user` takes it."""
        written = {field: getattr(self, name) for name, field in FIELDS.items()}
        return {field: getattr(user, field) if value is None else value for field, value in written.items()}

    def state_of(self, user: User) -> User.State:
        """The state after the change. Of `state` and `suspended` what counts is what differs from the state that is; `activated` if neither does.

        :raises WireError: 400 when they contradict each other, or ask for a state that only a new user can have.
        """
        present = User.State(user.state)
        asked = {STATES[self.state]} if self.state else set()
        if self.suspended is not None and self.suspended != user.is_suspended:
            asked.add(User.State.SUSPENDED if self.suspended else User.State.ACTIVE)
        changes = asked - {present}
        if User.State.STAGED in changes:
            raise refuse("state", "Only a new user can be STAGED. Write ACTIVATED or SUSPENDED.")
        if len(changes) > 1:
            raise _contradiction()
        if not changes and self.activated and user.is_staged:
            return User.State.ACTIVE
        return changes.pop() if changes else present


def _contradiction() -> WireError:
    return refuse("state", "`state` and `suspended` contradict each other.")
