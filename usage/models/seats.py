"""Seats: an organization's counts, marks and cap, kept by the database's seat gate (`usage/migrations/0002_seat_gate.sql`), and its ledger."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from accounts.bounds import USER_CAP_MAX, USER_CAP_MIN
from accounts.models.base import OrganizationRow
from accounts.models.provider import Provider
from msp_portal.lib.wire.etags import digest
from usage.bounds import NEAR_LIMIT_SEATS


class CapState(models.TextChoices):
    """Told in words; the colour repeats it."""

    NONE = "", ""
    NEAR = "near", _("NEAR LIMIT")
    REACHED = "reached", _("LIMIT REACHED")


def cap_state(users: int, user_cap: int | None) -> CapState:
    """Where that many users stand under that cap."""
    if user_cap is None or user_cap - users > NEAR_LIMIT_SEATS:
        return CapState.NONE
    return CapState.REACHED if users >= user_cap else CapState.NEAR


class NextMonthsEnd(Func):
    """When the month after a row's own ends, should nobody have rolled the row since: as `usage_month_at` will have it."""

    output_field = models.DateTimeField()
    template = "((%(expressions)s)"
    arg_joiner = " + interval '2 months')::timestamp at time zone "

    def __init__(self) -> None:
        zone = Provider.objects.filter(pk=OuterRef("provider_id")).values("time_zone")
        super().__init__(F("month"), Subquery(zone))


class SeatsQuerySet(models.QuerySet["Seats"]):
    def as_of(self, at: datetime) -> Self:
        """Each organization's figures at `at`: the one query behind page, CSV, API and invoice.

        Adds `high_water_mark`, `last_high_water_mark` (None if it did not exist then) and `device_high_water_mark`. Between the turn of a month and
        the roll of its row they read as if it had rolled: the new month begins with the count carried in.
        """
        runs = Q(month_ends_at__gt=at)
        turned_twice = GreaterThanOrEqual(Value(at), NextMonthsEnd())
        return self.annotate(
            high_water_mark=Case(When(runs, then=F("users_mark")), default=F("users")),
            device_high_water_mark=Case(When(runs, then=F("devices_mark")), default=F("devices")),
            last_high_water_mark=Case(
                When(runs, then=F("last_users_mark")), When(turned_twice, then=F("users")), default=F("users_mark")
            ),
        )

    def with_seats_left(self) -> Self:
        """Adds `seats_left`: never below zero; empty without a cap."""
        return self.annotate(
            seats_left=Case(When(user_cap=None, then=None), default=Greatest(F("user_cap") - F("users"), Value(0)))
        )

    def with_cap_state(self) -> Self:
        """Adds `state`, the `cap_state` of each row, to filter and sort by."""
        near = When(users__gte=F("user_cap") - NEAR_LIMIT_SEATS, then=Value(CapState.NEAR))
        reached = When(users__gte=F("user_cap"), then=Value(CapState.REACHED))
        return self.annotate(state=Case(reached, near, default=Value(CapState.NONE)))

    def limit_reached(self) -> Self:
        return self.filter(users__gte=F("user_cap"))

    def near_limit(self) -> Self:
        return self.filter(users__lt=F("user_cap"), users__gte=F("user_cap") - NEAR_LIMIT_SEATS)

    def capped(self) -> Self:
        return self.filter(user_cap__isnull=False)

    def uncapped(self) -> Self:
        return self.filter(user_cap=None)

    def of_open_organizations(self) -> Self:
        return self.filter(closed_at=None)

    def of_closed_organizations(self) -> Self:
        return self.filter(closed_at__isnull=False)

    def matching(self, words: str, *, provider_id: str) -> Self:
        """Those whose organization's name contains `words`, no case, no accents."""
        # Through a function of the database: under the policy the trigram index would not be used.
        return self.filter(organization__pk__among=RawSQL("select accounts_search_organizations(%s, %s)", [provider_id, words]))

    def lock(self) -> Self:
        """The rows, locked in the order the gate locks them."""
        return self.select_for_update(no_key=True).order_by("organization_id")

    def lock_with_organizations(self) -> Self:
        """The rows and their organizations, each organization before its seats: who renames one locks them in this order."""
        locked = self.select_for_update(no_key=True, of=("organization", "self"))
        return locked.select_related("organization").order_by("organization_id")


class Seats(models.Model):
    """One organization's counters. Only `user_cap` is ever written from Python; all else by the gate, in the statement that takes or frees a seat."""

    organization = models.OneToOneField(
        "accounts.Organization", models.PROTECT, primary_key=True, related_name="seats", db_constraint=False, editable=False
    )
    provider = models.ForeignKey("accounts.Provider", models.PROTECT, related_name="seats", db_constraint=False, editable=False)
    name = models.CharField(_("name"), max_length=255, default="", editable=False)
    folded_name = models.TextField(db_collation="C", default="", editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    users = models.PositiveIntegerField(default=0, editable=False)
    devices = models.PositiveIntegerField(default=0, editable=False)
    user_cap = models.PositiveIntegerField(_("user cap"), null=True, blank=True)
    cap_changed_at = models.DateTimeField(null=True, editable=False)
    cap_changed_by = models.CharField(max_length=255, blank=True, default="", editable=False)
    changed_at = models.DateTimeField(editable=False)
    month = models.DateField(editable=False)
    month_ends_at = models.DateTimeField(editable=False)
    users_carried = models.PositiveIntegerField(default=0, editable=False)
    users_mark = models.PositiveIntegerField(default=0, editable=False)
    users_mark_at = models.DateTimeField(editable=False)
    devices_carried = models.PositiveIntegerField(default=0, editable=False)
    devices_mark = models.PositiveIntegerField(default=0, editable=False)
    devices_mark_at = models.DateTimeField(editable=False)
    last_users_mark = models.PositiveIntegerField(null=True, editable=False)
    last_devices_mark = models.PositiveIntegerField(null=True, editable=False)

    objects = SeatsQuerySet.as_manager()

    class Meta:
        verbose_name = _("seats")
        verbose_name_plural = _("seats")
        constraints = [
            models.CheckConstraint(condition=Q(user_cap__range=(USER_CAP_MIN, USER_CAP_MAX)), name="user_cap_in_bounds")
        ]
        indexes = [
            models.Index(fields=["provider", "folded_name", "organization"], name="seats_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.users} of {self.user_cap or '∞'}"

    @property
    def has_cap(self) -> bool:
        return self.user_cap is not None

    @property
    def left(self) -> int | None:
        """Seats that may still be taken, never below zero; None without a cap."""
        return None if self.user_cap is None else max(0, self.user_cap - self.users)

    @property
    def cap_state(self) -> CapState:
        return cap_state(self.users, self.user_cap)

    @property
    def cap_version(self) -> str:
        """Changes with the organization's name and with every change of its cap, there and back too; not with who comes and goes."""
        return digest(self.pk, self.name, self.user_cap, self.cap_changed_at)


class SeatEvent(OrganizationRow):
    """One line of the seat ledger, written by the gate: a user or device came (+1) or went (-1). Never changed."""

    class Kind(models.TextChoices):
        USER = "user", _("user")
        DEVICE = "device", _("device")

    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]  # ledgers are read in the order they were written
    at = models.DateTimeField()
    kind = models.CharField(max_length=6, choices=Kind)
    delta = models.SmallIntegerField()
    count_after = models.PositiveIntegerField()
    subject_id = models.CharField(max_length=24)
    subject_name = models.CharField(max_length=255)
    by = models.CharField(max_length=255)

    class Meta:
        verbose_name = _("seat event")
        verbose_name_plural = _("seat ledger")
        indexes = [
            models.Index(fields=["organization", "at", "id"], name="ledger_of_organization"),
            models.Index(fields=["provider", "at", "id"], name="ledger_of_provider"),
            models.Index(fields=["provider", "id"], name="ledger_in_order"),
            models.Index(fields=["provider", "subject_id"], name="ledger_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.delta:+d} {self.subject_name}"


class CountDifference(OrganizationRow):
    """An alarm of the hourly self-check: the counter and a recount of the rows differ. Shown to operators, never silently mended."""

    found_at = models.DateTimeField()
    users_counter = models.PositiveIntegerField()
    users_counted = models.PositiveIntegerField()
    devices_counter = models.PositiveIntegerField()
    devices_counted = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count difference")
        verbose_name_plural = _("count differences")
        indexes = [models.Index(fields=["organization", "-found_at"], name="difference_by_time")]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.users_counter} / {self.users_counted}"
