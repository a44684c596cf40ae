"""Users who were removed a short while ago, so that a removal can be undone."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow
from usage.bounds import LONGEST_PERSON_NAME, LONGEST_USER_NAME, REMOVED_USER_KEPT_FOR
from usage.models.user import User

KEPT_AS_THEY_ARE = (
    *("provider_id", "organization_id", "user_name", "email", "first_name", "last_name"),
    *("state", "created_at", "suspended_at"),
)


class RemovedUserQuerySet(models.QuerySet["RemovedUser"]):
    def kept(self, at: datetime) -> Self:
        """Those whose removal can still be undone."""
        return self.filter(removed_at__gt=at - REMOVED_USER_KEPT_FOR)

    def forgotten(self, at: datetime) -> Self:
        return self.filter(removed_at__lte=at - REMOVED_USER_KEPT_FOR)


class RemovedUser(OrganizationRow):
    """What a user was at the removal, under the same id: restored, it is the same user for ledger, marks and links."""

    user_name = models.CharField(_("user name"), max_length=LONGEST_USER_NAME, editable=False)
    email = models.EmailField(_("e-mail"), editable=False)
    first_name = models.CharField(_("first name"), max_length=LONGEST_PERSON_NAME, editable=False)
    last_name = models.CharField(_("last name"), max_length=LONGEST_PERSON_NAME, editable=False)
    name = models.CharField(max_length=255, editable=False)
    state = models.CharField(_("state"), max_length=9, choices=User.State, editable=False)
    created_at = models.DateTimeField(editable=False)
    suspended_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(_("removed"), editable=False)
    removed_by = models.CharField(_("removed by"), max_length=255, editable=False)

    objects = RemovedUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("removed user")
        verbose_name_plural = _("removed users")
        indexes = [
            models.Index(fields=["organization", "-removed_at", "id"], name="removed_user_by_time"),
            models.Index(fields=["removed_at"], name="removed_user_to_forget"),
        ]

    def __str__(self) -> str:
        return self.user_name

    @classmethod
    def of(cls, user: User, *, by_name: str, at: datetime) -> Self:
        """What is to be kept of a user who goes; not saved."""
        kept = {field: getattr(user, field) for field in KEPT_AS_THEY_ARE}
        return cls(id=user.pk, name=user.name, removed_at=at, removed_by=by_name[:255], **kept)

    def as_user(self) -> User:
        """The user as before; not saved."""
        return User(id=self.pk, **{field: getattr(self, field) for field in KEPT_AS_THEY_ARE})
