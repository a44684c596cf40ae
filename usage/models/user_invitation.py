"""Invitations of directory users by mail: the user is staged and has the seat already; accepting makes the user active."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import OrganizationRow
from usage.bounds import USER_INVITATION_KEPT_FOR, USER_INVITATION_VALID_FOR
from usage.models.user import User

TOKEN_BYTES: Final = 32
TOKEN_FORM: Final = re.compile(r"[0-9A-Za-z_-]{43}")


class UserInvitationQuerySet(models.QuerySet["UserInvitation"]):
    def waiting(self) -> Self:
        """Those of users who are still staged, whether or not their time is over."""
        return self.filter(accepted_at=None, user__state=User.State.STAGED)

    def overdue(self, at: datetime) -> Self:
        return self.waiting().filter(expires_at__lte=at)

    def forgotten(self, at: datetime) -> Self:
        """Those that are over and were sent long ago."""
        over = models.Q(user=None) | models.Q(accepted_at__isnull=False)
        return self.filter(over, sent_at__lt=at - USER_INVITATION_KEPT_FOR)


class UserInvitation(OrganizationRow):
    """One user's invitation. It stands while the user is staged, whoever made the user, and is void without one: the database empties `user`
    with the removal, whatever the way. Only a digest of the link's token is kept.
    """

    user = models.OneToOneField(
        User, models.DO_NOTHING, null=True, related_name="invitation", db_constraint=False, editable=False
    )
    email = models.EmailField(_("e-mail"), editable=False)
    token_digest = models.BinaryField(max_length=32, editable=False)
    invited_by = models.ForeignKey(
        "accounts.Administrator",
        models.DO_NOTHING,
        null=True,
        related_name="user_invitations",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    invited_by_name = models.CharField(_("invited by"), max_length=255, editable=False)
    sent_at = models.DateTimeField(_("sent"), editable=False)
    sends = models.PositiveIntegerField(_("times sent"), default=0, editable=False)
    expires_at = models.DateTimeField(_("expires"), editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)

    objects = UserInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation of a user")
        verbose_name_plural = _("invitations of users")
        constraints = [models.UniqueConstraint("token_digest", name="one_user_invitation_a_token")]
        indexes = [
            models.Index(fields=["organization", "sent_at"], name="user_invitation_by_time"),
            models.Index(fields=["invited_by", "sent_at"], name="user_invitation_by_inviter"),
            models.Index(
                fields=["expires_at"], condition=models.Q(accepted_at=None, user__isnull=False), name="user_invitation_to_expire"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_misdirected(self) -> bool:
        """Whether it went to an address that the user no longer has. Nobody accepts it then."""
        return self.user is not None and self.email != self.user.email

    def is_open(self, at: datetime) -> bool:
        """Whether its link can be accepted at `at`."""
        if self.user is None or not self.user.is_staged:
            return False
        return self.accepted_at is None and self.expires_at > at and not self.is_misdirected

    def renew(self, *, by_name: str, at: datetime) -> str:
        """The token of a new link, good from now on; the former one ends. The row is not saved."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.token_digest, self.invited_by_name = digest_of(token), by_name[:255]
        self.sent_at, self.expires_at, self.sends = at, at + USER_INVITATION_VALID_FOR, self.sends + 1
        return token


def digest_of(token: str) -> bytes:
    """What is kept of a token: it has 256 random bits, so there is nothing to guess and nothing to slow down."""
    return hashlib.sha256(token.encode()).digest()
