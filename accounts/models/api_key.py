"""Keys to the JSON API. How they are made and checked: `accounts/keys.py`."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from accounts.roles import NO_KEY_MAY, PERMISSIONS, Permission, Role


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def primary(self) -> Self:
        """The provider's one key, as the article has it (not the former one in its overlap)."""
        return self.filter(is_primary=True, revoked_at=None, overlap_ends_at=None)

    def former(self, at: datetime) -> Self:
        """The key before the present one, while it still works."""
        return self.filter(is_primary=True, revoked_at=None, overlap_ends_at__gt=at)


class ApiKey(TenantRow):
    """A provider's key to the JSON API. Only its MAC is kept; the key itself is shown once."""

    name = models.CharField(_("name"), max_length=80)
    lookup = models.CharField(max_length=12, unique=True, editable=False)
    mac = models.BinaryField(editable=False)
    pepper = models.PositiveSmallIntegerField(editable=False)
    role = models.CharField(_("role"), max_length=32, choices=Role)
    is_primary = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_name = models.CharField(max_length=255, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    overlap_ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by_name = models.CharField(max_length=255, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_from = models.GenericIPAddressField(null=True, blank=True, editable=False)
    last_used_by = models.CharField(max_length=255, blank=True, editable=False, help_text="The client's User-Agent.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(
                "provider",
                condition=models.Q(is_primary=True, revoked_at=None, overlap_ends_at=None),
                name="one_live_primary_key_a_provider",
            ),
            models.UniqueConstraint("provider", "id", name="api_key_of_its_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_limited(self) -> bool:
        """A key reaches every organization of its provider (an administrator may be limited to some)."""
        return False

    @property
    def prefix(self) -> str:
        """What may be shown of the key."""
        return f"mspk_{self.lookup[:4]}"

    def may(self, permission: Permission) -> bool:
        """Whether the key's role gives `permission`. No key manages keys or payment methods, whatever its role."""
        return permission not in NO_KEY_MAY and permission in PERMISSIONS[Role(self.role)]

    def is_live(self, at: datetime) -> bool:
        ends = [end for end in (self.expires_at, self.overlap_ends_at) if end is not None]
        return self.revoked_at is None and all(at < end for end in ends)

    def revoke(self, *, at: datetime, by_name: str) -> None:
        self.revoked_at, self.revoked_by_name = at, by_name
        self.save(update_fields=["revoked_at", "revoked_by_name"])

    def keep_until(self, end: datetime) -> None:
        """Let it work beside its successor until `end`."""
        self.overlap_ends_at = end
        self.save(update_fields=["overlap_ends_at"])


class ApiKeyUse(TenantRow):
    """That a client was seen using a key, when first and last and from where: what breaks when the key is replaced."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="uses", editable=False, db_constraint=False, db_index=False)
    client = models.CharField(max_length=120, editable=False, help_text="The client's User-Agent.")
    address = models.GenericIPAddressField(null=True, editable=False)
    first_used_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("API key's use")
        verbose_name_plural = _("API keys' uses")
        constraints = [models.UniqueConstraint("api_key", "client", name="one_row_a_client_of_a_key")]

    def __str__(self) -> str:
        return self.client
