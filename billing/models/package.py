"""What the vendor sells. One list for all providers, kept by the operators."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import currency_field, price_field
from msp_portal.lib.ids import NewPublicId, PublicIdField


class PackageQuerySet(models.QuerySet["Package"]):
    def on_sale(self, at: datetime) -> Self:
        """Those that can be bought: not withdrawn by `at`."""
        return self.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=at))


class Package(models.Model):
    """A package with its list prices. A contract copies the prices agreed, so a new list price changes no contract."""

    id = PublicIdField(primary_key=True, db_default=NewPublicId(), editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    includes = models.JSONField(_("includes"), default=list, help_text=_("What the package includes, one line each."))
    unit_price = price_field(_("price of a licence a month"))
    overage_price = price_field(_("price of a licence over the commitment"))
    currency = currency_field()
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
