"""Money that came in, or went back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.fields import amount_field


class Payment(TenantRow):
    """A payment of one invoice, or (below zero) a refund. Rows are only ever added; what is owed is the sum."""

    class Kind(models.TextChoices):
        BANK_TRANSFER = "bank_transfer", _("Bank transfer")
        CARD = "card", _("Card")
        DIRECT_DEBIT = "direct_debit", _("Direct debit")
        REFUND = "refund", _("Refund")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="payments", db_constraint=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    amount = amount_field(_("amount"))
    received_at = models.DateTimeField(_("received at"))
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    recorded_by = models.CharField(_("recorded by"), max_length=255, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [models.Index(fields=["provider", "invoice"], name="payment_of_invoice")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="refund", amount__lt=0) | (~models.Q(kind="refund") & models.Q(amount__gt=0)),
                name="refunds_are_below_zero",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}".strip()
