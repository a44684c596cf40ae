"""Alerts: what a provider wants to be told of, what was crossed, and to whom it was written."""

from datetime import datetime
from typing import Final, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from usage.bounds import ALERT_EMAILS_MAX, ALERT_PERCENT_MAX


class AlertKind(models.TextChoices):
    """What is watched: an organization's users against its cap, or the provider's licences against the commitment."""

    NEAR_LIMIT = "near_limit", _("Near limit")
    LIMIT_REACHED = "limit_reached", _("Limit reached")
    CAP_SHARE = "cap_share", _("Share of the user cap")
    LICENSES_NEAR = "licenses_near", _("Licences near the commitment")
    LICENSES_OVER = "licenses_over", _("Licences over the commitment")
    LICENSES_SHARE = "licenses_share", _("Share of the committed licences")


OF_LICENSES: Final = [AlertKind.LICENSES_NEAR, AlertKind.LICENSES_OVER, AlertKind.LICENSES_SHARE]
SHARES: Final = [AlertKind.CAP_SHARE, AlertKind.LICENSES_SHARE]


class AboutOneThing(TenantRow):
    """A row about one organization, or about all of the provider; and about one kind of alert."""

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="%(class)ss", db_constraint=False, db_index=False
    )
    kind = models.CharField(_("what is watched"), max_length=14, choices=AlertKind)
    percent = models.PositiveSmallIntegerField(_("percent"), null=True)

    class Meta:
        abstract = True

    @property
    def is_of_licenses(self) -> bool:
        return self.kind in OF_LICENSES


Row = TypeVar("Row", bound=AboutOneThing)


class AlertQuerySet(models.QuerySet[Row]):
    def visible(self, *, licenses: bool) -> Self:
        """Without those of licences for who may not see them."""
        return self if licenses else self.exclude(kind__in=OF_LICENSES)


class AlertRuleQuerySet(AlertQuerySet["AlertRule"]):
    def holding_at(self, organization_id: str) -> Self:
        """Those that hold for one organization: its own, and of the provider's the kinds that it has none of itself."""
        own = AlertRule.objects.filter(organization_id=organization_id)
        of_all = Q(organization=None) & ~Q(kind__in=[*OF_LICENSES]) & ~Q(kind__in=own.values("kind"))
        return self.filter(Q(organization_id=organization_id) | of_all)

    def with_last_fired(self) -> Self:
        """Adds `last_fired_at`: None where it never was."""
        return self.annotate(last_fired_at=Max("crossings__at"))


class AlertRule(AboutOneThing):
    """One threshold and who is told. A rule of an organization takes the place of the provider's rules of the same kind there.

    What happens from `since` on counts. Muted, it sees nothing; `muted_until` is empty for a mute that someone has to end.
    """

    to_billing = models.BooleanField(_("all administrators with billing"), default=False)
    administrators = ArrayField(models.CharField(max_length=24), default=list)
    emails = ArrayField(models.EmailField(), default=list)
    by_email = models.BooleanField(_("by e-mail"), default=True)
    by_webhook = models.BooleanField(_("by webhook"), default=True)
    since = models.DateTimeField()
    changed_by = models.CharField(max_length=255, blank=True, default="")
    muted_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)

    objects = AlertRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint("provider", "id", name="alert_of_its_provider"),
            models.UniqueConstraint(
                "provider", "organization", "kind", "percent", name="one_alert_a_threshold", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SHARES, percent__range=(1, ALERT_PERCENT_MAX)) | (~Q(kind__in=SHARES) & Q(percent=None)),
                name="alert_percent_fits",
            ),
            models.CheckConstraint(
                condition=Q(organization=None) | ~Q(kind__in=OF_LICENSES), name="alert_of_licenses_is_of_the_provider"
            ),
            models.CheckConstraint(condition=Q(emails__len__lte=ALERT_EMAILS_MAX), name="alert_addresses_bounded"),
            models.CheckConstraint(
                condition=Q(muted_until=None) | Q(muted_until__gt=F("muted_at")), name="alert_mute_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return str(AlertKind(self.kind).label)

    def is_muted(self, at: datetime) -> bool:
        return self.muted_at is not None and (self.muted_until is None or at < self.muted_until)

    def mute(self, *, until: datetime | None, at: datetime) -> None:
        self.muted_at, self.muted_until = at, until
        self.save(update_fields=["muted_at", "muted_until"])

    def unmute(self) -> None:
        self.muted_at = self.muted_until = None
        self.save(update_fields=["muted_at", "muted_until"])


class AlertCrossingQuerySet(AlertQuerySet["AlertCrossing"]):
    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def untold(self) -> Self:
        return self.filter(told_at=None)


class AlertCrossing(AboutOneThing):
    """That a number came from below `threshold` to it, or above, for the first time in a month. The database keeps one row of each.

    `count` are the users, or licences consumed, at that instant; `limit` the cap or the commitment; `threshold` is in the same unit.
    """

    rule = models.ForeignKey(
        AlertRule, models.DO_NOTHING, null=True, related_name="crossings", db_constraint=False, db_index=False
    )
    threshold = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    limit = models.PositiveIntegerField()
    month = models.DateField(help_text="Its first day, of the calendar of the provider; the database writes it.")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    webhooks = models.PositiveIntegerField(default=0, help_text="Deliveries to endpoints, of the crossing and of its replays.")

    objects = AlertCrossingQuerySet.as_manager()

    class Meta:
        verbose_name = _("crossing")
        verbose_name_plural = _("crossings")
        constraints = [
            models.UniqueConstraint("provider", "id", name="crossing_of_its_provider"),
            models.UniqueConstraint(
                "provider",
                "organization",
                "kind",
                "percent",
                "threshold",
                "month",
                name="once_a_crossing_and_month",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "-at", "-id"], name="crossings_by_time"),
            models.Index(fields=["rule", "-at"], name="crossings_of_alert"),
            models.Index(fields=["at"], condition=Q(told_at=None), name="crossings_untold"),
        ]

    def __str__(self) -> str:
        return f"{AlertKind(self.kind).label} {self.count} / {self.limit}"


class AlertMail(TenantRow):
    """One mail to one address: of a crossing, of its replay, or a test of a rule. The database keeps one of a crossing to an address."""

    class Purpose(models.TextChoices):
        CROSSING = "crossing", _("Alert")
        REPLAY = "replay", _("Sent again")
        TEST = "test", _("Test")

    organization = models.ForeignKey(
        "accounts.Organization", models.PROTECT, null=True, related_name="%(class)ss", db_constraint=False, db_index=False
    )
    rule = models.ForeignKey(AlertRule, models.DO_NOTHING, null=True, related_name="mails", db_constraint=False, db_index=False)
    crossing = models.ForeignKey(
        AlertCrossing, models.DO_NOTHING, null=True, related_name="mails", db_constraint=False, db_index=False
    )
    purpose = models.CharField(max_length=8, choices=Purpose)
    email = models.EmailField()
    name = models.CharField(max_length=255, blank=True, default="")
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=255, blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("mail of an alert")
        verbose_name_plural = _("mails of alerts")
        constraints = [
            models.UniqueConstraint("crossing", "email", condition=Q(purpose="crossing"), name="one_mail_a_crossing_and_address"),
        ]
        indexes = [
            models.Index(fields=["crossing"], name="mails_of_crossing"),
            models.Index(fields=["rule", "-made_at"], name="mails_of_alert"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.email}"

    def note_sent(self, *, at: datetime) -> None:
        self.sent_at, self.failed_at, self.error = at, None, ""
        self.save(update_fields=["sent_at", "failed_at", "error"])

    def note_failure(self, error: str, *, at: datetime) -> None:
        self.failed_at, self.error = at, error
        self.save(update_fields=["failed_at", "error"])


class AlertBookmark(models.Model):
    """How far the ledger and the hourly totals have been looked through for crossings; one row for the whole portal."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    event = models.BigIntegerField(help_text="The number of the last event of the ledger.")
    slot = models.DateTimeField(help_text="The last hour of licence totals.")

    class Meta:
        verbose_name = _("bookmark of alerts")
        verbose_name_plural = _("bookmarks of alerts")

    def __str__(self) -> str:
        return f"{self.event} {self.slot:%Y-%m-%d %H:00}"
