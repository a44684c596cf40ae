"""Where invoices go."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.countries import country_name, town_line


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
    country = models.CharField(_("country"), max_length=2, blank=True)  # ISO 3166; empty where an older text named none
    recipients = models.JSONField(_("recipients of invoices"), default=list)
    po_number = models.CharField(_("PO number"), max_length=40, blank=True)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("billing information")
        verbose_name_plural = _("billing information")
        constraints = [models.CheckConstraint(condition=Q(country__regex="^([A-Z]{2})?$"), name="billing_country_is_a_code")]

    def __str__(self) -> str:
        return self.company

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, under the company's name."""
        town = town_line(self.country, self.city, self.region, self.postal_code)
        return [line for line in (self.street, self.street_2, town, self.country_name) if line]

    @property
    def country_name(self) -> str:
        """In the reader's language."""
        return country_name(self.country)
