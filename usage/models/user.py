"""Directory users. Each takes a seat from the moment the row exists until it is removed; the database counts (seat gate)."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow
from usage.bounds import LONGEST_PERSON_NAME, LONGEST_USER_NAME


class UserQuerySet(models.QuerySet["User"]):
    def by_name(self) -> Self:
        """In the order a reader expects: last name, first name, no case, no accents."""
        return self.order_by("folded_name", "pk")

    def matching(self, words: str, *, provider_id: str) -> Self:
        """Those of the provider whose name, user name or e-mail contains `words`, no case, no accents."""
        # Through a function of the database: under the policy the trigram index would not be used.
        return self.filter(pk__among=RawSQL("select usage_search_users(%s, %s)", [provider_id, words]))

    def in_state(self, state: str) -> Self:
        return self.filter(state=state)

    def lock(self) -> Self:
        """The rows, locked until the transaction ends, so that two orders about one user follow each other."""
        return self.select_for_update(no_key=True, of=("self",))


class User(OrganizationRow):
    """A directory user of an organization: staged (invited), active or suspended, each of which holds a seat."""

    class State(models.TextChoices):
        STAGED = "staged", _("Staged")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")

    user_name = models.CharField(_("user name"), max_length=LONGEST_USER_NAME)
    email = models.EmailField(_("e-mail"))
    first_name = models.CharField(_("first name"), max_length=LONGEST_PERSON_NAME, blank=True)
    last_name = models.CharField(_("last name"), max_length=LONGEST_PERSON_NAME, blank=True)
    name = models.GeneratedField(  # the ledger's triggers read `name` of users and devices alike
        expression=models.Func(models.F("first_name"), models.F("last_name"), models.F("user_name"), function="usage_user_name"),
        output_field=models.CharField(max_length=255),
        db_persist=True,
    )
    folded_name = models.GeneratedField(
        expression=models.Func(
            models.F("last_name"), models.F("first_name"), models.F("user_name"), models.F("email"), function="usage_folded_user"
        ),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserQuerySet.as_manager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("user_name"),
                name="one_user_a_name",
                violation_error_message=_("A user of this name already exists in the organization."),
            ),
            models.UniqueConstraint("organization", "id", name="user_of_its_organization"),
            models.CheckConstraint(
                condition=models.Q(state="suspended", suspended_at__isnull=False)
                | (models.Q(state__in=["staged", "active"]) & models.Q(suspended_at=None)),
                name="suspended_users_say_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "folded_name", "id"], name="user_by_name_in_organization"),
            models.Index(fields=["provider", "folded_name", "id"], name="user_by_name"),
        ]

    def __str__(self) -> str:
        return self.user_name

    @property
    def is_staged(self) -> bool:
        return self.state == self.State.STAGED

    @property
    def is_suspended(self) -> bool:
        return self.state == self.State.SUSPENDED

    def suspend(self, *, at: datetime) -> None:
        """Suspend. The seat stays taken (product design, Seat)."""
        self.state, self.suspended_at = self.State.SUSPENDED, at
        self.save(update_fields=["state", "suspended_at"])

    def activate(self) -> None:
        """Make active, whether staged or suspended. Takes no seat, so it works at a full house."""
        self.state, self.suspended_at = self.State.ACTIVE, None
        self.save(update_fields=["state", "suspended_at"])
