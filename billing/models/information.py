"""Where invoices go and how they are paid."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow


class BillingInformation(models.Model):
    """A provider's billing contact, address, recipients of invoices, and its PO and tax numbers. An invoice copies what stands here when it is issued."""

    provider = models.OneToOneField(
        "accounts.Provider", models.PROTECT, primary_key=True, related_name="billing_information", editable=False
    )
    company = models.CharField(_("company"), max_length=120)
    contact_name = models.CharField(_("billing contact"), max_length=120)
    contact_email = models.EmailField(_("e-mail"))
    contact_phone = models.CharField(_("phone"), max_length=40, blank=True)
    street = models.CharField(_("street and number"), max_length=120)
    street_2 = models.CharField(_("suite, floor"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=80)
    region = models.CharField(_("state or region"), max_length=80, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=16, blank=True)
    country = models.CharField(_("country"), max_length=80)
    recipients = models.JSONField(_("recipients of invoices"), default=list)
    po_number = models.CharField(_("PO number"), max_length=40, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("billing information")
        verbose_name_plural = _("billing information")

    def __str__(self) -> str:
        return self.company

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, under the company's name."""
        town = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        return [line for line in (self.street, self.street_2, town, self.country) if line]


class PaymentMethodQuerySet(models.QuerySet["PaymentMethod"]):
    def on_file(self) -> "PaymentMethodQuerySet":
        """Those not removed: the default first, then the backups in their order."""
        return self.filter(removed_at=None).order_by("place")


class PaymentMethod(TenantRow):
    """A card or bank account as the payment provider knows it. Numbers never reach this server: brand, last four and expiry do."""

    class Kind(models.TextChoices):
        CARD = "card", _("Card")
        BANK_ACCOUNT = "bank_account", _("Bank account")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    token = models.CharField(max_length=120, editable=False, help_text="What the payment provider calls it.")
    brand = models.CharField(_("brand or bank"), max_length=80)
    last4 = models.CharField(_("last four"), max_length=4)
    expires_on = models.DateField(_("expires"), null=True, blank=True, help_text="The last day of a card's last month.")
    place = models.PositiveSmallIntegerField(_("place"), help_text="1 is the default, then the backups in order.")
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PaymentMethodQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        constraints = [
            models.UniqueConstraint("provider", "place", condition=models.Q(removed_at=None), name="one_payment_method_a_place"),
            models.UniqueConstraint("provider", "token", name="one_payment_method_a_token"),
        ]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"

    @property
    def is_default(self) -> bool:
        return self.place == 1
