"""What the lists of client organizations show of each: read as plain tuples, a hundred a page."""

from datetime import datetime
from typing import NamedTuple

from usage.models.seats import CapState, cap_state


class UsageRow(NamedTuple):
    """One organization in the Usage table (columns and annotations of `Seats.objects.as_of`)."""

    organization_id: str
    name: str
    closed_at: datetime | None
    users: int
    devices: int
    user_cap: int | None
    high_water_mark: int
    last_high_water_mark: int | None


class ClientRow(NamedTuple):
    """One organization in the list of clients; `external_id` and `created_at` are its own."""

    organization_id: str
    name: str
    closed_at: datetime | None
    external_id: str
    created_at: datetime
    users: int
    devices: int
    user_cap: int | None

    @property
    def cap_state(self) -> CapState:
        return cap_state(self.users, self.user_cap)
