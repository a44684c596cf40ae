"""Generating and ending a provider's primary key to the JSON API. Further keys: named_keys.py."""

from datetime import datetime
from typing import Final

from django.db import transaction

from accounts import audit
from accounts.actions.key_line import KeyReplacedMeanwhile, check_maker, end_all, lock_keys, take_over
from accounts.models import Administrator, ApiKey, Provider

NAME: Final = "API key"


@transaction.atomic
def generate_key(
    *,
    provider: Provider,
    by: Administrator,
    at: datetime,
    role: str | None = None,
    keep_hours: int = 0,
    replaces: str | None = None,
) -> tuple[ApiKey, str]:
    """Make the provider's new key and revoke the former one, or keep it for `keep_hours`; the row, and the key itself, which is kept nowhere.

    `role` is the maker's own if not given. `replaces` is the id of the key that the maker saw as the present one, empty for none; without it
    whatever key is present is replaced.

    :raises KeyReplacedMeanwhile: when the present key is another than `replaces`.
    :raises RoleTooHigh: when `role` may do more than the maker.
    :raises KeyReachesAll: when the maker is limited to some organizations.
    """
    role = role or by.role
    check_maker(by, role)
    lock_keys(provider.pk)  # one generation a provider at a time
    line = ApiKey.objects.filter(provider=provider, is_primary=True)
    present = line.current().first()
    if replaces is not None and replaces != (present.pk if present else ""):
        raise KeyReplacedMeanwhile
    terms = {"provider": provider, "name": NAME, "is_primary": True, "role": role}
    key, plain = take_over(line, present, keep_hours=keep_hours, by=by, at=at, **terms)
    former = present.prefix if present else None
    audit.record(by, "api_key.generated", key, at=at, role=role, former=former, former_kept_hours=keep_hours)
    return key, plain


@transaction.atomic
def end_former_key(*, provider: Provider, by: Administrator, at: datetime) -> None:
    """Revoke the key before the present one, which was still allowed to work. Does nothing when there is none any more."""
    lock_keys(provider.pk)
    for key in end_all(ApiKey.objects.filter(provider=provider, is_primary=True).former(at), by=by, at=at):
        audit.record(by, "api_key.ended", key, at=at)
