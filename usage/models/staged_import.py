"""A file of users or devices on its way into an organization: checked by the worker, looked at by a person, then added whole or not at all."""

from datetime import datetime
from typing import Any, Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow
from usage.bounds import IMPORT_KEPT_FOR


class ImportKind(models.TextChoices):
    """What the rows of the file are."""

    USERS = "user", _("Users")
    DEVICES = "device", _("Devices")


class ImportState(models.TextChoices):
    """How far an import is. Those of IMPORT_UNDER_WAY keep the organization's place for their kind; the others are its end."""

    WAITING = "waiting", _("Waiting")
    CHECKING = "checking", _("Checking")
    READY = "ready", _("Ready")
    CONFIRMED = "confirmed", _("Confirmed")
    IMPORTING = "importing", _("Importing")
    DONE = "done", _("Imported")
    FAULTY = "faulty", _("Faulty rows")
    UNREADABLE = "unreadable", _("Unreadable")
    INTERRUPTED = "interrupted", _("Interrupted")
    CANCELLED = "cancelled", _("Cancelled")


IMPORT_UNDER_WAY: Final = [
    ImportState.WAITING,
    ImportState.CHECKING,
    ImportState.READY,
    ImportState.CONFIRMED,
    ImportState.IMPORTING,
]


class StagedImportQuerySet(models.QuerySet["StagedImport"]):
    def recent(self) -> Self:
        """The latest first."""
        return self.order_by("-started_at", "-pk")

    def under_way(self) -> Self:
        return self.filter(state__in=IMPORT_UNDER_WAY)

    def lapsed(self, at: datetime) -> Self:
        """Those whose worker fell silent. One that still writes holds the row, and whoever locks these passes it over."""
        return self.filter(state__in=[ImportState.CHECKING, ImportState.IMPORTING], lease_ends_at__lt=at)

    def forgotten(self, at: datetime) -> Self:
        """Those that nobody answered, or whose faults nobody needs any more."""
        return self.exclude(state__in=[ImportState.CHECKING, ImportState.IMPORTING]).filter(started_at__lt=at - IMPORT_KEPT_FOR)

    def lock(self) -> Self:
        return self.select_for_update(no_key=True, of=("self",))


class StagedImport(OrganizationRow):
    """One file. `refusal` tells why the last attempt to add its rows was refused, `problem` why the file could not be read."""

    Kind = ImportKind
    State = ImportState

    kind = models.CharField(max_length=6, choices=ImportKind, editable=False)
    file_name = models.CharField(max_length=120, editable=False)
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.WAITING, editable=False)
    rows_expected = models.PositiveIntegerField(editable=False, help_text="By the lines of the file.")
    rows_read = models.PositiveIntegerField(default=0, editable=False)
    faulty_rows = models.PositiveIntegerField(default=0, editable=False)
    ignored = models.JSONField(default=list, editable=False, help_text="Columns that mean nothing to us.")
    problem = models.JSONField(default=dict, editable=False, help_text="`code`, and what it speaks of.")
    refusal = models.JSONField(default=dict, editable=False, help_text="`code` of the rule, and its details.")
    administrator_id = models.CharField(max_length=24, editable=False)
    by = models.CharField(max_length=255, editable=False)
    started_at = models.DateTimeField(editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    attempt = models.PositiveIntegerField(default=0, editable=False, help_text="Which claim of a worker holds.")
    lease_ends_at = models.DateTimeField(null=True, editable=False)

    objects = StagedImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind"], condition=models.Q(state__in=IMPORT_UNDER_WAY), name="one_import_at_a_time"
            ),
            models.UniqueConstraint("provider", "id", name="import_of_its_provider"),
        ]
        indexes = [models.Index(fields=["organization", "-started_at"], name="imports_by_time")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def waits_for_the_worker(self) -> bool:
        return self.state in {ImportState.WAITING, ImportState.CHECKING, ImportState.CONFIRMED, ImportState.IMPORTING}

    @property
    def may_be_cancelled(self) -> bool:
        """Not while the rows are written: that is one transaction, whose end is the end."""
        return self.state in {ImportState.WAITING, ImportState.CHECKING, ImportState.READY, ImportState.CONFIRMED}

    def settle(self, state: ImportState, *, at: datetime, **noted: Any) -> None:
        """Come to an end, with what is `noted` of it."""
        self.settled_at = at
        self.move(state, settled_at=at, **noted)

    def move(self, state: ImportState, **noted: Any) -> None:
        """Go on to `state`."""
        self.state = state
        for name, value in noted.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *noted])


class StagedFile(OrganizationRow):
    """The file as it came, until it was read."""

    staged_import = models.OneToOneField(StagedImport, models.CASCADE, db_constraint=False, related_name="file")
    content = models.BinaryField()


class StagedRowQuerySet(models.QuerySet["StagedRow"]):
    def faulty(self) -> Self:
        return self.exclude(faults=[]).order_by("line")

    def doubtful(self) -> Self:
        """Those that can be added, and that a person should look at first."""
        return self.exclude(warnings=[]).order_by("line")


class StagedRow(OrganizationRow):
    """One row of the file, as it was understood: `cells` by column; `faults` and `warnings` are `column:code`. With a fault it cannot be added."""

    staged_import = models.ForeignKey(StagedImport, models.CASCADE, db_constraint=False, db_index=False, related_name="rows")
    line = models.PositiveIntegerField()
    cells = models.JSONField()
    faults = models.JSONField(default=list)
    warnings = models.JSONField(default=list)

    objects = StagedRowQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("staged_import", "line", name="one_row_a_line_of_an_import")]

    def __str__(self) -> str:
        return f"{self.line}: {self.cells}"
