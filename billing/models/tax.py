"""Tax rates. One list for all providers, kept by the operators."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from msp_portal.lib.ids import NewPublicId, PublicIdField


class TaxRate(models.Model):
    """What customers in a country, or in one region of it, are charged from a day on. Invoices copy it, so a new rate changes none of them.

    Rates of different names add up (a federal and a provincial tax); of the same name the region's stands before the country's, and the newest
    before the older. `owed_by_customer` is the reverse charge: a customer abroad with a valid tax number owes the tax itself.
    """

    id = PublicIdField(primary_key=True, db_default=NewPublicId(), editable=False)
    country = models.CharField(_("country"), max_length=2, help_text=_("Of the customer: its code of two letters, such as DE."))
    region = models.CharField(
        _("region"), max_length=80, blank=True, help_text=_("As customers write it; empty for the whole country.")
    )
    name = models.CharField(_("name"), max_length=80, help_text=_("As it stands on invoices, such as VAT."))
    percent = models.DecimalField(
        _("rate in percent"), max_digits=6, decimal_places=3, validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("0 ends a tax."),
    )  # fmt: skip
    valid_from = models.DateField(_("valid from"))
    owed_by_customer = models.BooleanField(
        _("reverse charge"), default=False, help_text=_("Customers abroad with a valid tax number owe it themselves.")
    )

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["country", "region", "name", "-valid_from"]
        constraints = [
            models.UniqueConstraint("country", "region", "name", "valid_from", name="one_tax_rate_a_day"),
            models.CheckConstraint(condition=models.Q(country__regex="^[A-Z]{2}$"), name="tax_rate_names_a_country"),
            models.CheckConstraint(condition=models.Q(percent__range=(0, 100)), name="tax_rate_is_a_share"),
        ]

    def __str__(self) -> str:
        place = f"{self.country} {self.region}".strip()
        return f"{self.name} {self.percent.normalize():f} % ({place})"
