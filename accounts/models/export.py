"""A long listing as a file that the worker makes for one administrator, and keeps for a while."""

from datetime import datetime
from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.bounds import EXPORT_ADDRESS_LONGEST, EXPORTS_KEPT_FOR
from accounts.models.administrator import Administrator
from accounts.models.base import TenantRow


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


UNDER_WAY: Final = [ExportState.WAITING, ExportState.MAKING]


class ExportQuerySet(models.QuerySet["Export"]):
    def of(self, place: Administrator) -> Self:
        """Those that `place` asked for; nobody else's file is his."""
        return self.filter(provider_id=place.provider_id, administrator_id=place.pk)

    def kept(self, at: datetime) -> Self:
        """Without those whose time is over."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at))

    def under_way(self) -> Self:
        return self.filter(state__in=UNDER_WAY)

    def forgotten(self, at: datetime) -> Self:
        """Those whose time is over, and what failed as long ago."""
        return self.filter(Q(expires_at__lte=at) | Q(state=ExportState.FAILED, asked_at__lte=at - EXPORTS_KEPT_FOR))

    def newest_first(self) -> Self:
        return self.order_by("-asked_at", "-pk")


class Export(TenantRow):
    """One file. `rights` says by which rights it was made: it is handed out while they stand. `lease_ends_at` is when a worker may take it next."""

    State = ExportState

    administrator = models.ForeignKey(
        Administrator, models.CASCADE, related_name="exports", db_constraint=False, db_index=False, editable=False
    )
    address = models.CharField(max_length=EXPORT_ADDRESS_LONGEST, editable=False, help_text="Path and query of the listing.")
    language = models.CharField(max_length=16, editable=False)
    file_name = models.CharField(max_length=255, editable=False)
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.WAITING, editable=False)
    rows_expected = models.PositiveIntegerField(editable=False)
    rows_written = models.PositiveIntegerField(default=0, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False, help_text="Bytes of the file.")
    rights = models.CharField(max_length=64, blank=True, editable=False)
    problem = models.CharField(max_length=16, blank=True, editable=False, help_text="Why it failed.")
    asked_at = models.DateTimeField(editable=False)
    made_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    attempt = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Which claim of a worker holds.")
    lease_ends_at = models.DateTimeField(null=True, editable=False)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [models.UniqueConstraint("provider", "id", name="export_of_its_provider")]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.pk])

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_ready(self) -> bool:
        return self.state == ExportState.READY


class ExportPiece(TenantRow):
    """Some thousand lines of the file, compressed; the pieces in their places are the file."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="pieces", db_constraint=False, db_index=False, editable=False)
    place = models.PositiveIntegerField(editable=False)
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("export", "place", name="one_piece_a_place_of_an_export")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.place}"
