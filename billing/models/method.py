"""How a provider pays: its methods as the payment provider knows them, how one is added, and autopay."""

from datetime import date, datetime
from typing import Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.bounds import CARD_NOTICE, SETUP_LASTS
from billing.setup_words import REFUSED_BY_US


class BillingAccount(models.Model):
    """A provider's account at the payment provider, and whether what is due is collected by itself."""

    provider = models.OneToOneField(
        "accounts.Provider", models.PROTECT, primary_key=True, related_name="billing_account", editable=False
    )
    psp_customer = models.CharField(max_length=255, blank=True, editable=False, help_text="What the payment provider calls it.")
    autopay = models.BooleanField(_("autopay"), default=False)
    autopay_ceiling = models.DecimalField(
        _("ceiling per charge"), max_digits=14, decimal_places=3, null=True, blank=True, help_text="Empty for none."
    )

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(autopay_ceiling=None) | models.Q(autopay_ceiling__gt=0), name="ceilings_are_above_zero"
            ),
            models.UniqueConstraint("psp_customer", condition=~models.Q(psp_customer=""), name="one_billing_account_a_customer"),
        ]

    def __str__(self) -> str:
        return self.provider_id


class PaymentMethodQuerySet(models.QuerySet["PaymentMethod"]):
    def on_file(self) -> "PaymentMethodQuerySet":
        """Those not removed: the default first, then the backups in their order."""
        return self.filter(removed_at=None).order_by("place")

    def expiring(self, day: date) -> "PaymentMethodQuerySet":
        """Cards on file that expire within the notice, or have expired, on `day`."""
        return self.on_file().filter(expires_on__lt=day + CARD_NOTICE)


class PaymentMethod(TenantRow):
    """A card or bank account as the payment provider knows it. Numbers never reach this server: brand, last four and expiry do."""

    class Kind(models.TextChoices):
        CARD = "card", _("Card")
        BANK_ACCOUNT = "bank_account", _("Bank account")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind, editable=False)
    sealed_token = models.TextField(editable=False, help_text="What the payment provider calls it, encrypted (`billing.tokens`).")
    token_digest = models.CharField(max_length=64, editable=False, help_text="By which a webhook finds it.")
    fingerprint = models.CharField(
        max_length=64, blank=True, editable=False, help_text="The same for the same card or account, by the payment provider."
    )
    brand = models.CharField(_("brand or bank"), max_length=80, editable=False)
    last4 = models.CharField(_("last four"), max_length=4, editable=False)
    expires_on = models.DateField(
        _("expires"), null=True, blank=True, editable=False, help_text="The last day of a card's last month."
    )
    place = models.PositiveSmallIntegerField(_("place"), help_text="1 is the default, then the backups in order.")
    added_by = models.CharField(_("added by"), max_length=255, blank=True, editable=False)
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    expiry_told_at = models.DateTimeField(null=True, editable=False, help_text="When its owner was told that it expires.")

    objects = PaymentMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        constraints = [
            models.UniqueConstraint("provider", "id", name="payment_method_of_its_provider"),
            models.UniqueConstraint("provider", "place", condition=models.Q(removed_at=None), name="one_payment_method_a_place"),
            models.UniqueConstraint("token_digest", name="one_payment_method_a_token"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"

    @property
    def is_default(self) -> bool:
        return self.place == 1

    def is_expired(self, day: date) -> bool:
        return self.expires_on is not None and self.expires_on < day

    def expires_soon(self, day: date) -> bool:
        """Within the notice, and not yet."""
        return self.expires_on is not None and day <= self.expires_on < day + CARD_NOTICE


class MethodSetupQuerySet(models.QuerySet["MethodSetup"]):
    def under_way(self) -> "MethodSetupQuerySet":
        """Those that may still lead to a method by themselves."""
        return self.filter(settled_at=None)

    def to_be_worked(self, at: datetime) -> "MethodSetupQuerySet":
        """Those that wait for the worker at `at` and not for a person, the oldest first.

        A page is open for a day; then it is looked at, in case that it was finished by someone who never came back.
        """
        waiting = models.Q(state__in=(MethodSetup.State.OPENING, MethodSetup.State.RETURNED))
        given_up = models.Q(state=MethodSetup.State.CANCELLED, settled_at=None)
        left = models.Q(state=MethodSetup.State.OPEN, started_at__lte=at - SETUP_LASTS)
        return self.filter(waiting | given_up | left).order_by("started_at")

    def revivable(self) -> "MethodSetupQuerySet":
        """Those that a method may still come of, if the payment provider has one: none has, and nothing of ours refused it."""
        return self.exclude(state=MethodSetup.State.DONE).exclude(failure__in=REFUSED_BY_US)

    def stale(self, at: datetime) -> "MethodSetupQuerySet":
        """Those that could not be read for another day either."""
        return self.filter(state__in=MethodSetup.UNFINISHED, started_at__lte=at - 2 * SETUP_LASTS)


class MethodSetup(TenantRow):
    """A person on the way to the payment provider's hosted page and back. The worker opens the page and reads what came of it."""

    class State(models.TextChoices):
        OPENING = "opening", _("Opening")
        OPEN = "open", _("Open")
        RETURNED = "returned", _("Being read")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    UNFINISHED: Final = (State.OPENING, State.OPEN, State.RETURNED)

    kind = models.CharField(max_length=16, choices=PaymentMethod.Kind, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.OPENING, editable=False)
    administrator_id = models.CharField(max_length=24, editable=False, help_text="Who went; nobody else is sent there.")
    by = models.CharField(max_length=255, editable=False)
    replaces = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, related_name="replacements", db_constraint=False, editable=False
    )
    make_default = models.BooleanField(default=False, editable=False)
    session_id = models.CharField(max_length=255, blank=True, editable=False)
    url = models.TextField(blank=True, editable=False)
    failure = models.CharField(max_length=255, blank=True, editable=False)
    method = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, related_name="setups", db_constraint=False, editable=False
    )
    started_at = models.DateTimeField(editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)

    objects = MethodSetupQuerySet.as_manager()

    class Meta:
        verbose_name = _("setup of a payment method")
        verbose_name_plural = _("setups of payment methods")
        indexes = [
            models.Index(fields=["started_at"], condition=models.Q(settled_at=None), name="method_setups_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
