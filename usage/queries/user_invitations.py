"""Finding the invitation that a link names, before a tenant is known."""

from dataclasses import dataclass

from django.db import connection

from usage.models import UserInvitation
from usage.models.user_invitation import TOKEN_FORM, digest_of


@dataclass(frozen=True)
class Named:
    """The ids that a token leads to, and the token's digest. What they stand for is read in the scope of `provider_id`."""

    provider_id: str
    invitation_id: str
    digest: bytes

    def read(self) -> UserInvitation | None:
        """The invitation as it stands, with its user, organization and provider at hand; None when a later link took this one's place meanwhile.
        Call it inside the scope.
        """
        rows = UserInvitation.objects.select_related("user", "organization", "provider")
        return rows.filter(pk=self.invitation_id, token_digest=self.digest).first()


def by_token(token: str) -> Named | None:
    """The invitation of this token, whatever has become of it; None for a token that is none. One statement, none for junk."""
    if not TOKEN_FORM.fullmatch(token):
        return None
    digest = digest_of(token)
    with connection.cursor() as cursor:
        cursor.execute("select provider_id, invitation_id from usage_invitation_by_token(%s)", [digest])
        row = cursor.fetchone()
    return Named(row[0], row[1], digest) if row else None
