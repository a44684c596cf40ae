"""Requests for seats: a client asks its MSP for more than the cap allows, and what came of it."""

from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.bounds import USER_CAP_MAX
from accounts.models.base import OrganizationRow
from usage.bounds import SEAT_REQUEST_TEXT_LONGEST


class SeatRequestQuerySet(models.QuerySet["SeatRequest"]):
    def waiting(self) -> Self:
        """Those that somebody still has to answer: open, of organizations that are."""
        return self.filter(state=SeatRequest.State.OPEN, organization__closed_at=None)

    def in_state(self, state: str) -> Self:
        return self.filter(state=state)

    def listed(self) -> Self:
        """With the organization's name and its seats at hand: what lists and the API show of a request, in one statement."""
        return self.select_related("organization", "organization__seats")

    def newest_first(self) -> Self:
        return self.order_by("-asked_at", "-pk")


class SeatRequest(OrganizationRow):
    """So many seats more for one organization. At most one is open an organization; what was answered never changes.

    Names and e-mail stand here as they were, so that the history reads on when the people have gone.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        GRANTED = "granted", _("Granted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    seats = models.PositiveIntegerField(_("more seats"), validators=[MinValueValidator(1), MaxValueValidator(USER_CAP_MAX - 1)])
    reason = models.CharField(_("reason"), max_length=SEAT_REQUEST_TEXT_LONGEST)
    until = models.DateField(
        _("needed until"), null=True, blank=True, help_text="The last day, as the asker wished. Nothing ends by it."
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN, editable=False)
    asked_at = models.DateTimeField(_("asked"), editable=False)
    asked_by = models.ForeignKey(
        "accounts.Administrator",
        models.DO_NOTHING,
        null=True,
        related_name="seat_requests",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    asked_by_name = models.CharField(_("asked by"), max_length=255, editable=False)
    asked_by_email = models.EmailField(editable=False)
    decided_at = models.DateTimeField(_("answered"), null=True, editable=False)
    decided_by_name = models.CharField(_("answered by"), max_length=255, blank=True, default="", editable=False)
    granted_seats = models.PositiveIntegerField(_("granted seats"), null=True, editable=False)
    answer = models.CharField(_("answer"), max_length=SEAT_REQUEST_TEXT_LONGEST, blank=True, default="", editable=False)

    objects = SeatRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for seats")
        verbose_name_plural = _("requests for seats")
        constraints = [
            models.UniqueConstraint("organization", condition=Q(state="open"), name="one_open_seat_request"),
            models.CheckConstraint(condition=Q(seats__range=(1, USER_CAP_MAX - 1)), name="seat_request_in_bounds"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="seat_request_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(state="granted", granted_seats__gte=1, granted_seats__lte=F("seats"))
                | (~Q(state="granted") & Q(granted_seats=None)),
                name="seat_request_grants_no_more",
            ),
            models.CheckConstraint(condition=~Q(state="declined", answer=""), name="seat_request_declined_with_a_reason"),
        ]
        indexes = [
            models.Index(fields=["provider", "-asked_at", "-id"], name="seat_request_by_time"),
            models.Index(fields=["organization", "-asked_at"], name="seat_request_of_organization"),
            models.Index(fields=["provider"], condition=Q(state="open"), name="seat_request_open"),
        ]

    def __str__(self) -> str:
        return f"+{self.seats} {self.organization_id}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_granted_in_part(self) -> bool:
        return self.granted_seats is not None and self.granted_seats < self.seats

    def decide(self, state: State, *, granted_seats: int | None = None, answer: str = "", by_name: str, at: datetime) -> None:
        """Stand at `state` for good."""
        self.state, self.granted_seats, self.answer = state, granted_seats, answer
        self.decided_by_name, self.decided_at = by_name[:255], at
        self.save(update_fields=["state", "granted_seats", "answer", "decided_by_name", "decided_at"])
