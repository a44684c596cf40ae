"""Setting the user cap of an organization. The database keeps it: from the next seat on, whoever asks for it."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import Organization
from usage.actions.webhooks import announce_all
from usage.gate import OrganizationClosed
from usage.models import Seats
from usage.webhook_data import cap_changed
from usage.webhook_events import WebhookEvent


@transaction.atomic
def set_user_cap(*, organization: Organization, user_cap: int | None, by: Actor, at: datetime) -> Seats:
    """Allow at most `user_cap` users, or any number (None). It may lie below the present count: then nobody can be added for now.

    Returns the organization's row of seats as it is after the change. Writes nothing when the cap stands already.

    :raises OrganizationClosed: a closed one has nothing to limit.
    """
    seats = Seats.objects.lock().get(pk=organization.pk)
    if Organization.objects.closed().filter(pk=organization.pk).exists():
        raise OrganizationClosed(organization_id=organization.pk)
    former = seats.user_cap
    if former != user_cap:
        seats.user_cap = user_cap
        seats.save(update_fields=["user_cap"])
        audit.record(by, "usage.cap.changed", organization, at=at, before=former, after=user_cap)
        told = cap_changed(organization.pk, organization.name, before=former, after=user_cap, by=by)
        announce_all(WebhookEvent.CAP_CHANGED, [told], provider_id=organization.provider_id, at=at)
    return seats
