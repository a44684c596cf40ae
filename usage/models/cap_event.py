"""What a cap was when: one line each time an organization's user cap changed, whoever changed it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow


class CapEvent(OrganizationRow):
    """Written by the database as it changes the cap, never changed. Its number comes from the seat ledger's own sequence, so both together are
    one history of an organization, in the order in which things happened, and one feed (docs/decisions/0013)."""

    id = models.BigIntegerField(primary_key=True)  # type: ignore[assignment]  # drawn by the trigger
    at = models.DateTimeField()
    cap_before = models.PositiveIntegerField(null=True)
    cap_after = models.PositiveIntegerField(null=True)
    users = models.PositiveIntegerField()
    by = models.CharField(max_length=255)

    class Meta:
        verbose_name = _("change of a cap")
        verbose_name_plural = _("changes of caps")
        indexes = [models.Index(fields=["organization", "id"], name="cap_events_of_organization")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.cap_before or '∞'} → {self.cap_after or '∞'}"
