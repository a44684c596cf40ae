"""The tenant (one MSP) and its clients."""

from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.bounds import LONGEST_CONTACT_NAME, USER_CAP_MAX, USER_CAP_MIN
from accounts.models.base import TenantRow
from msp_portal.lib.ids import NewPublicId, PublicIdField

if TYPE_CHECKING:
    from datetime import datetime


def user_cap_field(**options: object) -> "models.PositiveIntegerField[int | None, int | None]":
    """A number of seats between the bounds of a user cap, or none."""
    validators = [MinValueValidator(USER_CAP_MIN), MaxValueValidator(USER_CAP_MAX)]
    return models.PositiveIntegerField(null=True, blank=True, validators=validators, **options)  # type: ignore[arg-type]


def within_cap_bounds(column: str, name: str) -> models.CheckConstraint:
    """The bounds of a user cap as the database keeps them."""
    return models.CheckConstraint(condition=models.Q(**{f"{column}__range": (USER_CAP_MIN, USER_CAP_MAX)}), name=name)


class Provider(models.Model):
    """One MSP: its name, whom its clients turn to, its time zone, and whom the MSP turns to."""

    id = PublicIdField(primary_key=True, db_default=NewPublicId(), editable=False)
    name = models.CharField(_("name"), max_length=255)
    contact_name = models.CharField(_("contact's name"), max_length=LONGEST_CONTACT_NAME, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    contact_phone = models.CharField(_("contact's phone"), max_length=40, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    default_user_cap = user_cap_field(verbose_name=_("default cap of new organizations"))
    account_manager_name = models.CharField(_("account manager"), max_length=120, blank=True)
    account_manager_email = models.EmailField(_("account manager's e-mail"), blank=True)
    account_manager_phone = models.CharField(_("account manager's phone"), max_length=40, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    suspended_at = models.DateTimeField(_("suspended for non-payment at"), null=True, blank=True)
    organization_creation_disallowed_at = models.DateTimeField(_("may create no organizations since"), null=True, blank=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [within_cap_bounds("default_user_cap", "default_user_cap_in_bounds")]

    def __str__(self) -> str:
        return self.name

    @property
    def may_create_organizations(self) -> bool:
        """Unless an operator disallowed it."""
        return self.organization_creation_disallowed_at is None


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def open(self) -> Self:
        """Those not closed."""
        return self.filter(closed_at=None)

    def closed(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def matching(self, words: str, *, provider_id: str) -> Self:
        """Those whose name contains `words`, no case, no accents."""
        # Through a function of the database: under the policy the trigram index would not be used.
        return self.filter(pk__among=RawSQL("select accounts_search_organizations(%s, %s)", [provider_id, words]))

    def by_name(self) -> Self:
        """In the order a reader expects: no case, no accents."""
        return self.order_by("folded_name", "pk")


class Organization(TenantRow):
    """One client of a provider. Never deleted: a closed one keeps its history and its place on past invoices."""

    name = models.CharField(_("name"), max_length=255)
    folded_name = models.GeneratedField(
        expression=models.Func(models.F("name"), function="portal_fold"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    external_id = models.CharField(_("external id"), max_length=100, blank=True)
    contact_name = models.CharField(_("contact's name"), max_length=LONGEST_CONTACT_NAME, blank=True)
    contact_email = models.EmailField(_("contact's e-mail"), blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            models.UniqueConstraint("provider", "id", name="organization_of_its_provider"),
            models.UniqueConstraint(
                "provider", "folded_name", condition=models.Q(closed_at=None), name="one_open_organization_a_name"
            ),
        ]
        indexes = [models.Index(fields=["provider", "folded_name", "id"], name="organization_by_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organization", args=[self.pk])

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def close(self, *, at: "datetime") -> None:
        """Mark as closed. The database refuses while users are left (`usage`, seat gate)."""
        self.closed_at = at
        self.save(update_fields=["closed_at"])
