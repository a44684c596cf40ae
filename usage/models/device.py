"""Managed machines. They count and have marks as users do, but no cap."""

from typing import Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow
from usage.bounds import LONGEST_DEVICE_NAME


class DeviceQuerySet(models.QuerySet["Device"]):
    def matching(self, words: str, *, provider_id: str) -> Self:
        """Those of the provider whose name contains `words`, no case, no accents."""
        # Through a function of the database: under the policy the trigram index would not be used.
        return self.filter(pk__among=RawSQL("select usage_search_devices(%s, %s)", [provider_id, words]))

    def lock(self) -> Self:
        """The rows, locked until the transaction ends."""
        return self.select_for_update(no_key=True, of=("self",))


class Device(OrganizationRow):
    """A managed machine of an organization."""

    name = models.CharField(_("name"), max_length=LONGEST_DEVICE_NAME)
    operating_system = models.CharField(_("operating system"), max_length=60, blank=True)
    serial_number = models.CharField(_("serial number"), max_length=80, blank=True)
    folded_name = models.GeneratedField(
        expression=models.Func(models.F("name"), function="portal_fold"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        indexes = [
            models.Index(fields=["organization", "folded_name", "id"], name="device_by_name_in_organization"),
            models.Index(fields=["provider", "folded_name", "id"], name="device_by_name"),
        ]

    def __str__(self) -> str:
        return self.name
