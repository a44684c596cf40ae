"""Webhooks of ours: where a provider's systems listen, what was sent there, and what they answered."""

from collections.abc import Collection
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from accounts.models.base import TenantRow
from usage.bounds import LONGEST_WEBHOOK_NAME, LONGEST_WEBHOOK_URL, WEBHOOK_DELIVERIES_KEPT_FOR, WEBHOOK_TRIES_MAX
from usage.webhook_events import OF_LICENSES, WebhookEvent


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def by_age(self) -> Self:
        return self.order_by("pk")

    def listening_to(self, types: Collection[str]) -> Self:
        """The active ones that listen to one of them."""
        return self.filter(paused_at=None, types__overlap=list(types))

    def lock(self) -> Self:
        return self.select_for_update(no_key=True, of=("self",))


class WebhookEndpoint(TenantRow):
    """An address of the provider's own. Its secret is shown once and kept sealed (`usage.webhook_secrets`); after a rotation the former one
    signs too, until `former_secret_until`."""

    url = models.CharField(_("address"), max_length=LONGEST_WEBHOOK_URL)
    description = models.CharField(_("description"), max_length=LONGEST_WEBHOOK_NAME, blank=True, default="")
    types = ArrayField(models.CharField(max_length=32), verbose_name=_("events"))
    sealed_secret = models.TextField(editable=False)
    former_sealed_secret = models.TextField(blank=True, default="", editable=False)
    former_secret_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    created_by_name = models.CharField(max_length=255, editable=False)
    paused_at = models.DateTimeField(null=True, editable=False)
    paused_by_name = models.CharField(
        max_length=255, blank=True, default="", editable=False, help_text="Empty: the portal itself."
    )
    failing_since = models.DateTimeField(null=True, editable=False, help_text="The first failure since the last success.")
    told_at = models.DateTimeField(null=True, editable=False, help_text="When the administrators were told that it fails.")
    called_at = models.DateTimeField(null=True, editable=False, help_text="The one that waited longest is called first.")
    busy_until = models.DateTimeField(null=True, editable=False, help_text="While a worker calls it: one call at a time.")
    held_until = models.DateTimeField(null=True, editable=False, help_text="After a failure it is left in peace for a while.")
    last_success_at = models.DateTimeField(null=True, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints = [
            models.UniqueConstraint("provider", "id", name="webhook_of_its_provider"),
            models.CheckConstraint(condition=Q(types__len__gt=0), name="webhook_listens_to_something"),
        ]

    def __str__(self) -> str:
        return self.description or self.host

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    @property
    def origin(self) -> str:
        """`https://hooks.example:8443`: what others may read of an address, as the path of many is a password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_active(self) -> bool:
        return self.paused_at is None

    @property
    def is_failing(self) -> bool:
        return self.failing_since is not None

    @property
    def was_paused_by_the_portal(self) -> bool:
        return self.paused_at is not None and not self.paused_by_name

    def pause(self, *, by_name: str, at: datetime) -> None:
        """Send nothing more. `by_name` is empty where the portal itself gave up."""
        self.paused_at, self.paused_by_name = at, by_name[:255]
        self.save(update_fields=["paused_at", "paused_by_name"])

    def be_called_at_once(self) -> None:
        """Be left in peace no longer."""
        self.held_until = None
        self.save(update_fields=["held_until"])

    def resume(self) -> None:
        """Send again, with what failed before forgiven."""
        self.paused_at, self.paused_by_name = None, ""
        self.failing_since = self.told_at = self.held_until = None
        self.save(update_fields=["paused_at", "paused_by_name", "failing_since", "told_at", "held_until"])


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def in_state(self, state: str) -> Self:
        return self.filter(state=state)

    def visible(self, *, licenses: bool) -> Self:
        """Without those of licences for who may not see them."""
        return self if licenses else self.exclude(type__in=OF_LICENSES)

    def telling_of(self, provider_id: str, about: str) -> Self:
        """Those about one row, with their endpoints, the oldest first."""
        return self.filter(provider_id=provider_id, about=about).select_related("endpoint").order_by("announced_at", "pk")

    def newest_first(self) -> Self:
        return self.order_by("-announced_at", "-pk")

    def due(self, at: datetime) -> Self:
        """What is to be sent now, the longest due first."""
        return self.filter(state=WebhookDelivery.State.WAITING, due_at__lte=at).order_by("due_at", "pk")

    def counted(self) -> Self:
        """With `attempts_made`, and the `last_status` that was answered, None where nobody did."""
        last = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-at", "-pk")
        return self.annotate(attempts_made=Count("attempts"), last_status=Subquery(last.values("status")[:1]))

    def forgotten(self, at: datetime) -> Self:
        return self.filter(announced_at__lt=at - WEBHOOK_DELIVERIES_KEPT_FOR)

    def lock(self) -> Self:
        return self.select_for_update(no_key=True, of=("self",))


class WebhookDelivery(TenantRow):
    """One event on its way to one endpoint. `message_id` is the event's, the same for all endpoints and at each attempt; the body never changes.

    `tries` are those of the present series, which a replay begins anew; `attempts` tells of all.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.DO_NOTHING, related_name="deliveries", db_constraint=False, db_index=False, editable=False
    )
    message_id = models.CharField(max_length=40, editable=False)
    type = models.CharField(_("event"), max_length=32, choices=WebhookEvent, editable=False)
    about = models.CharField(
        max_length=24,
        blank=True,
        default="",
        editable=False,
        help_text="The id of what it tells, where that leads here: a crossing or an alert.",
    )
    body = models.TextField(editable=False)
    announced_at = models.DateTimeField(editable=False)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(editable=False)
    settled_at = models.DateTimeField(null=True, editable=False)
    replayed_at = models.DateTimeField(null=True, editable=False)
    replayed_by_name = models.CharField(max_length=255, blank=True, default="", editable=False)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint("provider", "id", name="webhook_delivery_of_its_provider"),
            models.UniqueConstraint("endpoint", "message_id", name="one_delivery_an_event_and_endpoint"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at=None) | (~Q(state="waiting") & Q(settled_at__isnull=False)),
                name="webhook_delivery_says_since_when",
            ),
            models.CheckConstraint(condition=Q(tries__lte=WEBHOOK_TRIES_MAX), name="webhook_delivery_is_parked_in_time"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "-announced_at", "-id"], name="webhook_deliveries_by_time"),
            models.Index(fields=["endpoint", "due_at"], condition=Q(state="waiting"), name="webhook_deliveries_due"),
            models.Index(fields=["announced_at"], name="webhook_deliveries_over"),
            models.Index(fields=["provider", "about"], condition=~Q(about=""), name="webhook_deliveries_about"),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def has_failed(self) -> bool:
        return self.state == self.State.FAILED

    def settle(self, state: State, *, at: datetime) -> None:
        """Come to the end of this series of attempts."""
        self.state, self.settled_at = state, at
        self.save(update_fields=["state", "settled_at"])

    def wait_until(self, due_at: datetime) -> None:
        """Be tried again then."""
        self.due_at = due_at
        self.save(update_fields=["due_at"])

    def replay(self, *, by_name: str, at: datetime) -> None:
        """Begin a new series of attempts, at once."""
        self.state, self.settled_at, self.tries, self.due_at = self.State.WAITING, None, 0, at
        self.replayed_by_name, self.replayed_at = by_name[:255], at
        self.save(update_fields=["state", "settled_at", "tries", "due_at", "replayed_by_name", "replayed_at"])


class WebhookAttempt(TenantRow):
    """One call, and what came of it: a status and the beginning of the answer, or why there was none."""

    delivery = models.ForeignKey(
        WebhookDelivery, models.DO_NOTHING, related_name="attempts", db_constraint=False, db_index=False, editable=False
    )
    at = models.DateTimeField(editable=False)
    signature = models.TextField(blank=True, default="", editable=False, help_text="The header, with one signature a secret.")
    milliseconds = models.PositiveIntegerField(null=True, editable=False, help_text="Empty while it is under way.")
    status = models.PositiveSmallIntegerField(null=True, editable=False)
    answer = models.TextField(blank=True, default="", editable=False)
    error = models.CharField(max_length=32, blank=True, default="", editable=False, help_text="A word of `usage.webhook_words`.")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["delivery", "at"], name="webhook_attempts_by_time")]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status or self.error}"

    @property
    def timestamp(self) -> int:
        """The header `webhook-timestamp`: whole seconds since 1970."""
        return int(self.at.timestamp())

    @property
    def is_under_way(self) -> bool:
        return self.milliseconds is None and not self.error

    @property
    def was_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300
