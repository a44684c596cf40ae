"""How long ago a person last proved that it is them: by signing in, or by the password or a second factor again (step-up)."""

from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest


def is_fresh(request: HttpRequest, at: datetime) -> bool:
    """Whether the last proof in this session is younger than `STEP_UP_AGE`."""
    proofs = get_authentication_records(request, request.user)
    return bool(proofs) and at - datetime.fromtimestamp(proofs[-1]["at"], UTC) < settings.STEP_UP_AGE
