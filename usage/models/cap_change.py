"""A cap with dates: from one on, until one, or both; at its end the former cap returns by itself."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from accounts.models.base import OrganizationRow


class CapChangeQuerySet(models.QuerySet["CapChange"]):
    def open(self) -> Self:
        """Those that wait for their begin or for their end; at most one an organization."""
        return self.filter(over_at=None)

    def due(self, at: datetime) -> Self:
        """Those whose begin or end has come by `at`, however long ago, and is not done yet."""
        return self.open().filter(Q(begun_at=None, begins_at__lte=at) | Q(begun_at__isnull=False, ends_at__lte=at))

    def lock(self) -> Self:
        """The rows, locked; whoever wants them locks the organization's seats first."""
        return self.select_for_update(no_key=True, of=("self",))


class CapChange(OrganizationRow):
    """One cap that begins at `begins_at` and, where there is an `ends_at`, gives way to `former_cap` then. Empty caps are no caps.

    `former_cap` is what stood when it began, so it means something from `begun_at` on. A row is never changed but for how far it has come.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")
        REPLACED = "replaced", _("replaced by another")
        CLOSED = "closed", _("the organization was closed")

    user_cap = models.PositiveIntegerField(_("user cap"), null=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField()
    planned_by = models.CharField(max_length=255)
    begun_at = models.DateTimeField(null=True)
    former_cap = models.PositiveIntegerField(null=True)
    over_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True, default="")

    objects = CapChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned user cap")
        verbose_name_plural = _("planned user caps")
        constraints = [
            models.UniqueConstraint("organization", condition=Q(over_at=None), name="one_open_cap_change"),
            models.CheckConstraint(condition=Q(user_cap__range=(USER_CAP_MIN, USER_CAP_MAX)), name="planned_cap_in_bounds"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="cap_change_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["organization", "-planned_at"], name="cap_changes_of_organization")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.user_cap or '∞'} {self.begins_at:%Y-%m-%d %H:%M}"

    @property
    def has_begun(self) -> bool:
        return self.begun_at is not None

    def begin(self, *, former_cap: int | None, at: datetime) -> None:
        """Note that it stands from now on, and what stood before."""
        self.begun_at, self.former_cap = at, former_cap
        self.save(update_fields=["begun_at", "former_cap"])

    def finish(self, outcome: Outcome, *, at: datetime) -> None:
        """Nothing more comes of it."""
        self.over_at, self.outcome = at, outcome
        self.save(update_fields=["over_at", "outcome"])
