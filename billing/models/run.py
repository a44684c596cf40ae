"""What the monthly run has done."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow


class BilledMonth(TenantRow):
    """That everything due on the 1st of `month` was issued, when, and how many invoices that were. Never changed, so a month is billed once.

    A month for which nothing was in force has no row: a renewal that is signed late is billed when it comes.
    """

    month = models.DateField(_("month"), help_text="Its first day.")
    invoices = models.PositiveSmallIntegerField(_("invoices"))
    billed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("billed month")
        verbose_name_plural = _("billed months")
        constraints = [models.UniqueConstraint("provider", "month", name="one_billed_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
