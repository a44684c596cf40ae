"""Charges: attempts to collect an invoice from a payment method, and refunds. Intended here, made by the payment provider, settled here.

A row is the intent: it is committed before the payment provider is called, and its key makes the call harmless to repeat.
"""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.fields import amount_field, currency_field


class ChargeState(models.TextChoices):
    INTENDED = "intended", _("Planned")
    UNKNOWN = "unknown", _("Being settled")
    PROCESSING = "processing", _("Under way")
    REQUIRES_ACTION = "requires_action", _("Waiting for your confirmation")
    SUCCEEDED = "succeeded", _("Paid")
    FAILED = "failed", _("Failed")


LIVE: Final = (ChargeState.INTENDED, ChargeState.UNKNOWN, ChargeState.PROCESSING, ChargeState.REQUIRES_ACTION)
"""States whose end is not known; an invoice has one such charge at most."""


class ChargeQuerySet(models.QuerySet["Charge"]):
    def live(self) -> "ChargeQuerySet":
        """Those whose end is not known yet."""
        return self.filter(state__in=LIVE)


class Charge(TenantRow):
    """One attempt to collect an invoice. `sent_at` is when the payment provider was called first; from then on it may have charged."""

    class Reason(models.TextChoices):
        AUTOPAY = "autopay", _("Autopay on the due date")
        RETRY = "retry", _("Another attempt")
        BACKUP = "backup", _("Backup method")
        PAY_NOW = "pay_now", _("Paid by hand")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="charges", db_constraint=False, editable=False)
    method = models.ForeignKey(
        "billing.PaymentMethod", models.PROTECT, related_name="charges", db_constraint=False, editable=False
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"), editable=False, help_text="From 1, an invoice.")
    reason = models.CharField(_("reason"), max_length=8, choices=Reason, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=ChargeState, default=ChargeState.INTENDED, editable=False)
    amount = amount_field(_("amount"))
    currency = currency_field()
    psp_id = models.CharField(max_length=255, blank=True, editable=False, help_text="What the payment provider calls it.")
    action_url = models.TextField(blank=True, editable=False, help_text="Where the person confirms it.")
    decline_code = models.CharField(_("reason of the decline"), max_length=64, blank=True, editable=False)
    intended_at = models.DateTimeField(_("intended at"), editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(_("settled at"), null=True, editable=False)
    by = models.CharField(_("by"), max_length=255, blank=True, editable=False, help_text="Empty for autopay.")

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        constraints = [
            models.UniqueConstraint("provider", "id", name="charge_of_its_provider"),
            models.UniqueConstraint("invoice", "attempt", name="one_charge_an_attempt"),
            models.UniqueConstraint("invoice", condition=models.Q(state__in=LIVE), name="one_live_charge_an_invoice"),
            models.UniqueConstraint("psp_id", condition=~models.Q(psp_id=""), name="one_charge_a_psp_id"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="charges_are_above_zero"),
        ]
        indexes = [models.Index(fields=["intended_at"], condition=models.Q(state__in=LIVE), name="live_charges")]

    def __str__(self) -> str:
        return f"{self.invoice_id}-{self.attempt}"

    @property
    def idempotency_key(self) -> str:
        """The same for each try of this attempt, so the payment provider charges once."""
        return f"{self.invoice_id}-{self.attempt}"


class ChargeEvent(TenantRow):
    """What the payment provider told of a charge, in its own time. Rows are only added; the order in which they arrive doesn't matter."""

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="events", db_constraint=False, editable=False)
    event_id = models.CharField(
        max_length=255, blank=True, editable=False, help_text="Of the webhook; empty for the answer to a call."
    )
    kind = models.CharField(max_length=64, editable=False, help_text="In the payment provider's words, such as charge.refunded.")
    at = models.DateTimeField(editable=False)
    note = models.CharField(max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("event of a charge")
        verbose_name_plural = _("events of charges")
        constraints = [models.UniqueConstraint("event_id", condition=~models.Q(event_id=""), name="one_line_a_webhook_event")]
        indexes = [models.Index(fields=["charge", "at"], name="events_of_charge")]

    def __str__(self) -> str:
        return self.kind


class Refund(TenantRow):
    """Money that goes back the way it came: an intent like a charge. Once the payment provider has made it, a payment below zero stands beside it."""

    payment = models.ForeignKey("billing.Payment", models.PROTECT, related_name="refunds", db_constraint=False, editable=False)
    state = models.CharField(_("state"), max_length=16, choices=ChargeState, default=ChargeState.INTENDED, editable=False)
    amount = amount_field(_("amount"))
    psp_id = models.CharField(max_length=255, blank=True, editable=False)
    failure = models.CharField(max_length=255, blank=True, editable=False)
    reason = models.CharField(_("reason"), max_length=255, editable=False)
    intended_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    by = models.CharField(_("by"), max_length=255, editable=False)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint("payment", condition=models.Q(state__in=LIVE), name="one_live_refund_a_payment"),
            models.UniqueConstraint("psp_id", condition=~models.Q(psp_id=""), name="one_refund_a_psp_id"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_orders_are_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.payment}: {self.amount.normalize():f}"

    @property
    def idempotency_key(self) -> str:
        return f"refund-{self.pk}"
