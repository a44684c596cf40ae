"""Questions that fit no queryset method."""

from datetime import date

from billing.drafts import Mark
from usage.models import ClosedMonth


def marks_of(provider_id: str, month: date) -> list[Mark]:
    """The provider's marks of a month that ended, one an organization that had any users, by name."""
    closed = ClosedMonth.objects.filter(provider_id=provider_id, month=month, users_mark__gt=0)
    rows = closed.order_by("organization__folded_name", "organization_id")
    return [Mark(*row) for row in rows.values_list("organization_id", "organization__name", "users_mark")]
