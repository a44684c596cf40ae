"""Keys to the JSON API. How they are made and checked: `accounts/keys.py`."""

from datetime import datetime, timedelta
from ipaddress import ip_network

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.bounds import KEY_EXPIRY_NOTICE_DAYS, KEY_NETWORKS_MAX, KEY_REQUESTS_PER_MINUTE
from accounts.models.api_key_rows import ApiKeyQuerySet
from accounts.models.base import TenantRow
from accounts.roles import NO_KEY_MAY, PERMISSIONS, Permission, Role
from msp_portal.lib.networks import NetworkField, address_of, words_of
from msp_portal.lib.tenancy import WHOLE, Reach


class ApiKey(TenantRow):
    """A provider's key to the JSON API. Only its MAC is kept; the key itself is shown once.

    Each provider has one primary key, and further ones with a name, maybe an expiry, maybe networks that alone they may be used from.
    """

    name = models.CharField(_("name"), max_length=80)
    lookup = models.CharField(max_length=12, unique=True, editable=False)
    mac = models.BinaryField(editable=False)
    pepper = models.PositiveSmallIntegerField(editable=False)
    role = models.CharField(_("role"), max_length=32, choices=Role)
    is_primary = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by_name = models.CharField(max_length=255, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    networks = ArrayField(NetworkField(), null=True, blank=True, help_text="Where it may be used from; empty for anywhere.")
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), db_default=KEY_REQUESTS_PER_MINUTE, validators=[MinValueValidator(1)]
    )
    overlap_ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_by_name = models.CharField(max_length=255, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_from = models.GenericIPAddressField(null=True, blank=True, editable=False)
    last_used_by = models.CharField(max_length=255, blank=True, editable=False, help_text="The client's User-Agent.")
    expiry_told_days = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="The last notice of its expiry was the one so many days before it."
    )
    alerted_at = models.DateTimeField(null=True, editable=False, help_text="When a refused use of it last raised an alert.")

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
            models.UniqueConstraint(
                "provider",
                Lower("name"),
                condition=models.Q(is_primary=False, revoked_at=None, overlap_ends_at=None),
                name="one_live_key_a_name",
            ),
            models.UniqueConstraint("provider", "id", name="api_key_of_its_provider"),
            models.CheckConstraint(condition=models.Q(networks__len__range=(1, KEY_NETWORKS_MAX)), name="few_networks_or_none"),
        ]
        indexes = [
            models.Index("expires_at", condition=models.Q(revoked_at=None, overlap_ends_at=None), name="api_keys_by_expiry")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_limited(self) -> bool:
        """A key reaches every organization of its provider (an administrator may be limited to some)."""
        return False

    @property
    def reach(self) -> Reach:
        """How far the scope of a request with this key sees."""
        return WHOLE

    @property
    def prefix(self) -> str:
        """What may be shown of the key."""
        return f"mspk_{self.lookup[:4]}"

    def may(self, permission: Permission) -> bool:
        """Whether the key's role gives `permission`. No key manages keys or payment methods, whatever its role."""
        return permission not in NO_KEY_MAY and permission in PERMISSIONS[Role(self.role)]

    @property
    def is_former(self) -> bool:
        """Whether another took its place; it may still be kept beside it."""
        return self.overlap_ends_at is not None

    @property
    def ends_at(self) -> datetime | None:
        """When it ceases or ceased to work; None for a key without end."""
        return min(self._ends, default=(None, ""))[0]

    @property
    def ending(self) -> str:
        """What ends or ended it: `revoked`, `expired`, or `ended` when its time beside its successor is over; empty for a key without end."""
        return min(self._ends, default=(None, ""))[1]

    @property
    def _ends(self) -> list[tuple[datetime, str]]:
        ends = ((self.revoked_at, "revoked"), (self.expires_at, "expired"), (self.overlap_ends_at, "ended"))
        return [(at, word) for at, word in ends if at is not None]

    def is_live(self, at: datetime) -> bool:
        """A revoked key never is, whatever the clocks of two servers say."""
        end = self.ends_at
        return self.revoked_at is None and (end is None or at < end)

    def allows(self, address: str | None) -> bool:
        """Whether it may be used from `address`; one that is bound to networks, not from an unknown one."""
        if not self.networks:
            return True
        try:
            known = address_of(address or "")
        except ValueError:
            return False
        return any(known in ip_network(network) for network in self.networks)

    @property
    def allowed_from(self) -> list[str]:
        """Its networks as people write them; empty for anywhere."""
        return [words_of(ip_network(network)) for network in self.networks or []]

    def expiry_notice(self, at: datetime) -> int | None:
        """The notice of its expiry that is due at `at`, by the number of days before: the latest of those that lay ahead when it was made."""
        if self.expires_at is None or self.is_former or not self.is_live(at):
            return None
        passed = [days for days in KEY_EXPIRY_NOTICE_DAYS if self.created_at < self.expires_at - timedelta(days=days) <= at]
        return min(passed, default=None)

    def days_left(self, at: datetime) -> int | None:
        """How many days it still works, a part of one for a whole; None for a key that does not expire."""
        return None if self.expires_at is None else -((at - self.expires_at) // timedelta(days=1))

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
