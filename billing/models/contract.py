"""What a provider bought: the contract in its versions, and the signed paper of each."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from billing.models.document import Document
from billing.models.fields import currency_field, price_field


class ContractQuerySet(models.QuerySet["Contract"]):
    def in_force(self, day: date) -> Self:
        """The version that counts on `day`, one row a provider: of those begun and not ended the newest."""
        begun = self.filter(Q(ends_on=None) | Q(ends_on__gte=day), valid_from__lte=day)
        return begun.order_by("provider_id", "-version").distinct("provider_id")


class Contract(TenantRow):
    """One version of a provider's contract, never changed: a renewal, a new commitment or a correction is the next version.

    `committed` is empty for a provider that buys nothing in bulk. Who sees which version in force: `ContractQuerySet.in_force`.
    """

    class Kind(models.TextChoices):
        ANNUAL = "annual", _("Annual")
        MONTHLY = "monthly", _("Month to month")

    number = models.CharField(_("number"), max_length=32)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    package = models.ForeignKey("billing.Package", models.PROTECT, related_name="contracts", verbose_name=_("package"))
    kind = models.CharField(_("term"), max_length=8, choices=Kind)
    committed = models.PositiveIntegerField(_("committed licences"), null=True, blank=True)
    unit_price = price_field(_("price of a licence a month"))
    overage_price = price_field(_("price of a licence over the commitment"))
    currency = currency_field()
    valid_from = models.DateField(
        _("valid from"),
        help_text=_(
            "A commitment and its price are billed from the first month that begins on this day or later; a month already billed stays."
        ),
    )
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    signed_on = models.DateField(_("signed on"))
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        constraints = [
            models.UniqueConstraint("provider", "id", name="contract_of_its_provider"),
            models.UniqueConstraint("provider", "version", name="one_contract_a_version"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("valid_from")),
                name="contract_ends_after_it_begins",
                violation_error_message=_("The last day is before the first."),
            ),
            models.CheckConstraint(
                condition=Q(committed=None) | Q(committed__gt=0),
                name="commitment_is_a_number_or_none",
                violation_error_message=_("A commitment is at least one licence; leave it empty for none."),
            ),
        ]

    def __str__(self) -> str:
        return self.number if self.version == 1 else f"{self.number} v{self.version}"

    @property
    def is_committed(self) -> bool:
        return self.committed is not None

    def is_in_force(self, day: date) -> bool:
        """Whether the term covers `day`; a newer version may stand before it all the same."""
        return self.valid_from <= day and (self.ends_on is None or day <= self.ends_on)


class ContractDocument(Document):
    """The contract as a file, made once and served as stored."""

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="document", db_constraint=False, editable=False)

    class Meta:
        verbose_name = _("contract document")
        verbose_name_plural = _("contract documents")

    def __str__(self) -> str:
        return f"{self.contract_id} {self.sha256[:8]}"
