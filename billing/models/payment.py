"""Money that came in, or went back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.fields import amount_field


class Payment(TenantRow):
    """A payment of one invoice, what was written off of it, or (below zero) money that went back. Rows are only ever added.

    `charge` is the one that brought it; `takes_back` the payment that a refund or a return is of, or of which a return was given again.
    `psp_id` keeps the payment provider's word for it, once, so that no event can be noted twice.
    """

    class Kind(models.TextChoices):
        BANK_TRANSFER = "bank_transfer", _("Bank transfer")
        CARD = "card", _("Card")
        DIRECT_DEBIT = "direct_debit", _("Direct debit")
        REFUND = "refund", _("Refund")
        RETURN = "return", _("Returned by the bank")
        WRITE_OFF = "write_off", _("Write-off")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="payments", db_constraint=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    amount = amount_field(_("amount"))
    received_at = models.DateTimeField(_("received at"))
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    charge = models.ForeignKey(
        "billing.Charge", models.PROTECT, null=True, related_name="payments", db_constraint=False, editable=False
    )
    takes_back = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="taken_back_by", db_constraint=False, editable=False
    )
    psp_id = models.CharField(max_length=255, blank=True, editable=False)
    recorded_by = models.CharField(_("recorded by"), max_length=255, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        indexes = [models.Index(fields=["provider", "invoice"], name="payment_of_invoice")]
        constraints = [
            models.UniqueConstraint("provider", "id", name="payment_of_its_provider"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["refund", "return"], amount__lt=0)
                | (~models.Q(kind__in=["refund", "return"]) & models.Q(amount__gt=0)),
                name="refunds_are_below_zero",
            ),
            models.UniqueConstraint("charge", condition=models.Q(amount__gt=0), name="one_payment_a_charge"),
            models.UniqueConstraint("psp_id", condition=~models.Q(psp_id=""), name="one_payment_a_psp_id"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}".strip()
