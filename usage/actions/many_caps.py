"""Setting many caps at once: all of them or none, and none over what someone else has set meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, ApiKey
from msp_portal.lib.rules import RuleBroken
from usage.actions.webhooks import announce_all
from usage.models import Seats
from usage.models.seats import SeatsQuerySet
from usage.queries.cap_plans import PlannedCap
from usage.webhook_data import cap_changed
from usage.webhook_events import WebhookEvent

UPDATE: Final = """
    update usage_seats s set user_cap = planned.user_cap
    from unnest(%s::text[], %s::integer[]) as planned (organization_id, user_cap)
    where s.organization_id = planned.organization_id
"""
READ: Final = ("provider_id", "name", "closed_at", "users", "user_cap", "cap_changed_at", "cap_changed_by")


class CapsChangedMeanwhile(RuleBroken):
    """Some organizations are not as they were when the change was planned. `stale` are those plans, `found` what stands now by organization:
    nothing for one that is out of reach by now."""

    message = _("Some organizations were changed meanwhile. Nothing was saved.")
    code = "caps_changed_meanwhile"

    def __init__(self, stale: Sequence[PlannedCap], found: dict[str, Seats]) -> None:
        super().__init__(organizations=len(stale))
        self.stale, self.found = stale, found


@transaction.atomic
def set_many_caps(
    *, rows: SeatsQuerySet | QuerySet[Seats], planned: Sequence[PlannedCap], by: Administrator | ApiKey, at: datetime
) -> int:
    """Give each organization among `rows` its planned cap; how many there were. Four statements, however many, and one more where a webhook listens.

    :raises CapsChangedMeanwhile: when name or cap of any has changed since it was planned, or it was closed.
    """
    found = _locked(rows, planned)
    stale = [plan for plan in planned if not _is_as_planned(plan, found.get(plan.organization_id))]
    if stale:
        raise CapsChangedMeanwhile(stale, found)
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [[plan.organization_id for plan in planned], [plan.user_cap for plan in planned]])
    changes = [(found[plan.organization_id], {"before": plan.former, "after": plan.user_cap}) for plan in planned]
    audit.record_of_organizations(by, "usage.cap.changed", [(row.pk, row.name, details) for row, details in changes], at=at)
    told = [cap_changed(row.pk, row.name, **details, by=by) for row, details in changes]
    announce_all(WebhookEvent.CAP_CHANGED, told, provider_id=by.provider_id, at=at)
    return len(planned)


def _locked(rows: SeatsQuerySet | QuerySet[Seats], planned: Sequence[PlannedCap]) -> dict[str, Seats]:
    wanted = rows.filter(pk__in=[plan.organization_id for plan in planned]).only(*READ)
    locked = wanted.select_for_update(no_key=True, of=("self",)).order_by("organization_id")  # as the gate locks them
    return {seats.pk: seats for seats in locked}


def _is_as_planned(plan: PlannedCap, seats: Seats | None) -> bool:
    return seats is not None and seats.closed_at is None and seats.cap_version == plan.version and seats.user_cap == plan.former
