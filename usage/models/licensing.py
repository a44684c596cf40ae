"""Licences: what a provider committed to (copied down by billing) and the hourly totals."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from usage.bounds import NEAR_LICENSES_SHARE


class LicenseState(models.TextChoices):
    OK = "ok", _("Within the commitment")
    NEAR = "near", _("Near the commitment")
    OVER = "over", _("Over the commitment")


def license_state(consumed: int, committed: int) -> LicenseState:
    """Near from 90 % of the commitment (inclusive), over strictly above all of it."""
    if consumed > committed:
        return LicenseState.OVER
    return LicenseState.NEAR if Decimal(consumed) >= NEAR_LICENSES_SHARE * committed else LicenseState.OK


class Licensing(models.Model):
    """What the contract in force says, as far as usage needs it. Billing writes it; `committed` is empty without a bulk purchase."""

    provider = models.OneToOneField("accounts.Provider", models.PROTECT, primary_key=True, related_name="licensing")
    package_name = models.CharField(max_length=120)
    includes = models.JSONField(default=list, help_text="What the package includes, one line each.")
    committed = models.PositiveIntegerField(null=True)
    unit_price = models.DecimalField(max_digits=12, decimal_places=4)
    overage_price = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3)
    contract_ends_on = models.DateField(null=True)
    billed_from = models.DateField(
        null=True, help_text="The first day of the first month that is billed by exactly this; empty if every month is."
    )

    class Meta:
        verbose_name = _("licensing")
        verbose_name_plural = _("licensing")

    def __str__(self) -> str:
        return self.package_name

    @property
    def is_committed(self) -> bool:
        return self.committed is not None


class LicenseTotal(TenantRow):
    """A provider's totals in one UTC hour, a dated snapshot of the live counters. The hourly job fills every slot exactly once."""

    slot = models.DateTimeField(help_text="The UTC hour.")
    counted_at = models.DateTimeField()
    consumed = models.PositiveIntegerField()
    devices = models.PositiveIntegerField()
    organizations = models.PositiveIntegerField()
    committed = models.PositiveIntegerField(null=True)
    sum_of_marks = models.PositiveIntegerField(
        null=True, help_text="Of the month so far; what is billed. Empty in slots filled later."
    )
    mark_of_the_sum = models.PositiveIntegerField(
        null=True, help_text="Most users at one instant of the month so far, from the ledger."
    )
    mark_of_the_sum_at = models.DateTimeField(null=True)
    # How far the marks rose above the counts in as many days as the month has left, in the past (docs/decisions/0026). Of each day once.
    rise_low = models.PositiveIntegerField(null=True, help_text="A tenth of past times rose by no more.")
    rise_middle = models.PositiveIntegerField(null=True, help_text="Half of them rose by no more.")
    rise_high = models.PositiveIntegerField(
        null=True, help_text="Nine tenths of them rose by no more. Empty with too little history."
    )
    rises_at = models.DateTimeField(
        null=True, help_text="When the rises were worked out. The totals until the next time carry them on."
    )

    class Meta:
        verbose_name = _("licence total")
        verbose_name_plural = _("licence totals")
        constraints = [models.UniqueConstraint("provider", "slot", name="one_total_an_hour")]

    def __str__(self) -> str:
        return f"{self.slot:%Y-%m-%d %H:00} {self.consumed}"

    @property
    def is_filled_later(self) -> bool:
        """Whether the job missed the hour and counted it out of the ledger afterwards, without marks."""
        return self.sum_of_marks is None

    @property
    def available(self) -> int:
        """Committed less consumed, never below zero; zero without a commitment."""
        return max(0, (self.committed or 0) - self.consumed)

    @property
    def state(self) -> LicenseState:
        return license_state(self.consumed, self.committed or 0)
