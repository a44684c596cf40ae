"""A person's place at one provider, or at one of its client organizations."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow, TenantRow
from accounts.models.provider import Organization
from accounts.roles import PERMISSIONS, Permission, Role, roles_with
from msp_portal.lib.tenancy import WHOLE, Reach


class AdministratorQuerySet(models.QuerySet["Administrator"]):
    def of_the_msp(self) -> Self:
        """Without the administrators of client organizations."""
        return self.filter(organization=None)

    def active(self) -> Self:
        """Joined and not suspended."""
        return self.filter(suspended_at=None, joined_at__isnull=False)

    def who_may(self, permission: Permission) -> Self:
        """The provider's own active administrators who have `permission`, by name: those who can help."""
        may = models.Q(role__in=roles_with(permission))
        if permission is Permission.MANAGE_KEY:
            may |= models.Q(role=Role.ADMINISTRATOR, api_access_at__isnull=False)
        return self.of_the_msp().active().filter(may).by_name()

    def reaching_all(self) -> Self:
        """Without those limited to some organizations."""
        return self.filter(limited_at=None)

    def reaching(self, organization: Organization) -> Self:
        """Those whose access is not limited, and those limited to some organizations of which this is one."""
        given = Access.objects.filter(organization=organization).values("administrator_id")
        return self.filter(models.Q(limited_at=None, organization=None) | models.Q(pk__in=given))

    def by_name(self) -> Self:
        return self.order_by(Lower("last_name"), Lower("first_name"), "email", "pk")


class Administrator(TenantRow):
    """A place at a provider (or, with `organization`, at one client) with role and access.

    Name and e-mail stand here as the inviter typed them: a tenant's scope reads no person, so nothing tells who is a customer of whom. `person` is
    empty until the invitation is accepted.
    """

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, blank=True, related_name="administrators", db_constraint=False
    )
    person = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="places", editable=False)
    email = models.EmailField(_("e-mail"))
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    role = models.CharField(_("role"), max_length=32, choices=Role)
    api_access_at = models.DateTimeField(_("API access given at"), null=True, blank=True, editable=False)
    limited_at = models.DateTimeField(_("limited to some organizations at"), null=True, blank=True, editable=False)
    invited_at = models.DateTimeField(db_default=Now(), editable=False)
    joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AdministratorQuerySet.as_manager()

    class Meta:
        verbose_name = _("administrator")
        verbose_name_plural = _("administrators")
        constraints = [
            models.UniqueConstraint("provider", "organization", Lower("email"), name="one_place_an_email", nulls_distinct=False),
            models.UniqueConstraint("provider", "id", name="administrator_of_its_provider"),
            models.CheckConstraint(
                condition=models.Q(role=Role.ORGANIZATION_ADMINISTRATOR, organization__isnull=False)
                | (~models.Q(role=Role.ORGANIZATION_ADMINISTRATOR) & models.Q(organization=None)),
                name="role_fits_the_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_of_an_organization(self) -> bool:
        return self.organization_id is not None

    @property
    def is_limited(self) -> bool:
        return self.limited_at is not None or self.is_of_an_organization

    @property
    def is_active(self) -> bool:
        return self.suspended_at is None and self.joined_at is not None

    @property
    def reach(self) -> Reach:
        """What the database lets this administrator's scope see."""
        if self.is_of_an_organization:
            return Reach("organization", self.pk)
        return Reach("some", self.pk) if self.is_limited else WHOLE

    def may(self, permission: Permission) -> bool:
        """Whether the role gives `permission`; an Administrator may manage the keys if API access was given. (Of many: `who_may`.)"""
        if permission is Permission.MANAGE_KEY and self.role == Role.ADMINISTRATOR:
            return self.api_access_at is not None
        return permission in PERMISSIONS[Role(self.role)]

    def suspend(self, *, at: datetime) -> None:
        self.suspended_at = at
        self.save(update_fields=["suspended_at"])

    def restore(self) -> None:
        self.suspended_at = None
        self.save(update_fields=["suspended_at"])


class Access(OrganizationRow):
    """That an administrator limited to some organizations, or a client's own, may reach one organization. Policies read these rows."""

    administrator = models.ForeignKey(Administrator, models.CASCADE, related_name="access")

    class Meta:
        verbose_name = _("access")
        constraints = [models.UniqueConstraint("administrator", "organization", name="one_access_an_organization")]

    def __str__(self) -> str:
        return f"{self.administrator_id} → {self.organization_id}"
