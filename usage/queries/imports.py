"""What the preview of an import says: how many of its rows fit now, and what stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from usage.gate import UserCapReached
from usage.models import Seats, StagedImport


@dataclass(frozen=True)
class Preview:
    """Of a ready import: `wanted` rows, of which `fits` would fit; `refusal` as the import keeps one, empty when nothing is in the way."""

    wanted: int
    fits: int
    refusal: Mapping[str, Any]

    @property
    def fits_all(self) -> bool:
        return self.fits == self.wanted


def preview_of(staged: StagedImport, seats: Seats) -> Preview:
    """What would come of it at this moment. Devices take no seat, so all of them fit."""
    wanted = staged.rows_read
    left = seats.left if staged.kind == StagedImport.Kind.USERS else None
    fits = wanted if left is None else min(wanted, left)
    if fits < wanted:
        at_the_cap = UserCapReached(organization_id=seats.pk, user_cap=seats.user_cap or 0, users=seats.users, wanted=wanted)
        return Preview(wanted, fits, {"code": at_the_cap.code, **at_the_cap.details})
    is_over = staged.refusal.get("code") == UserCapReached.code  # the cap was raised meanwhile
    return Preview(wanted, fits, {} if is_over else staged.refusal)
