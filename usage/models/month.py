"""Billing months: a provider's calendar, and what each organization reached in the months that ended."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow, TenantRow


class BillingMonth(TenantRow):
    """One month of a provider, half-open, in the zone that held when it began. Postgres alone makes these rows (`usage_month_at`).

    A changed zone takes effect from the next month: that one begins where this one ends.
    """

    month = models.DateField(_("month"), help_text="Its first day.")
    time_zone = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("billing month")
        verbose_name_plural = _("billing months")
        constraints = [models.UniqueConstraint("provider", "month", name="one_row_a_billing_month")]
        indexes = [models.Index(fields=["provider", "-ends_at"], name="billing_month_by_end")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} ({self.time_zone})"


class ClosedMonth(OrganizationRow):
    """An organization's marks of a month that ended. Written once by the database when the month turns, then never changed."""

    month = models.DateField(_("month"), help_text="Its first day.")
    users_carried = models.PositiveIntegerField()
    users_mark = models.PositiveIntegerField()
    users_mark_at = models.DateTimeField()
    devices_carried = models.PositiveIntegerField()
    devices_mark = models.PositiveIntegerField()
    devices_mark_at = models.DateTimeField()

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        constraints = [models.UniqueConstraint("organization", "month", name="one_row_a_closed_month")]
        indexes = [models.Index(fields=["provider", "month"], name="closed_month_of_provider")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.month:%Y-%m}"
