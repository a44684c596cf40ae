"""Makes the keys of the providers, and what was seen of their use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.actions.key_line import revoke_key
from accounts.actions.keys import generate_key
from accounts.actions.named_keys import create_named_key
from accounts.models import Administrator, ApiKey, ApiKeyUse, Provider
from accounts.roles import Role

# A sample is there to be tried: whoever measures with its keys measures the portal and not its brake.
REQUESTS_PER_MINUTE: Final = 100_000


@dataclass(frozen=True)
class Use:
    """That a client used a key so many hours ago."""

    client: str
    address: str
    hours_ago: int


@dataclass(frozen=True)
class Named:
    """A further key: made so many days ago, for so many days or for good."""

    name: str
    role: Role
    made_days_ago: int
    works_for_days: int | None = None
    networks: tuple[str, ...] = ()
    revoked_days_ago: int | None = None
    uses: tuple[Use, ...] = ()


NAMED: Final = (
    Named(
        *("PSA sync", Role.ADMINISTRATOR, 310),
        networks=("203.0.113.16/28", "2001:db8:5::/48"),
        uses=(Use("psa-sync/4.2", "203.0.113.21", 1),),
    ),
    Named(
        *("Invoice export", Role.BILLING_ONLY, 120, 365),
        uses=(Use("invoice-export/2.0", "198.51.100.7", 9), Use("curl/8.5.0", "198.51.100.40", 500)),
    ),
    Named(*("Usage report", Role.READ_ONLY, 84, 90), uses=(Use("usage-report/1.9", "198.51.100.7", 26),)),
    Named(*("Old dashboard", Role.READ_ONLY, 240), revoked_days_ago=12, uses=(Use("dashboard/0.8", "198.51.100.9", 320),)),
)


def make_keys(providers: Mapping[str, Provider], administrators: Sequence[Administrator], at: datetime) -> dict[str, str]:
    """The plain primary key of each provider, by its name. Kept nowhere but in what the command prints."""
    return {name: _make_key(provider, _maker(provider, administrators), at) for name, provider in providers.items()}


def make_named_keys(provider: Provider, administrators: Sequence[Administrator], at: datetime) -> None:
    """Further keys, as they are at `at`. Nobody is told what they are, so they are to be looked at only."""
    for named in NAMED:
        _make_named_key(named, provider, _maker(provider, administrators), at)


def _make_key(provider: Provider, by: Administrator, at: datetime) -> str:
    key, plain = generate_key(provider=provider, by=by, at=at)
    key.requests_per_minute = REQUESTS_PER_MINUTE
    key.save(update_fields=["requests_per_minute"])
    return plain


def _make_named_key(named: Named, provider: Provider, by: Administrator, at: datetime) -> None:
    made_at = at - timedelta(days=named.made_days_ago)
    key, _plain = create_named_key(
        provider=provider,
        name=named.name,
        role=named.role,
        expires_at=None if named.works_for_days is None else made_at + timedelta(days=named.works_for_days),
        networks=named.networks or None,
        by=by,
        at=made_at,
    )
    for use in named.uses:
        _note_use(key, use, at)
    if named.revoked_days_ago is not None:
        revoke_key(key=key, by=by, at=at - timedelta(days=named.revoked_days_ago))


def _note_use(key: ApiKey, use: Use, at: datetime) -> None:
    used_at = at - timedelta(hours=use.hours_ago)
    seen = {"client": use.client, "address": use.address, "first_used_at": key.created_at, "last_used_at": used_at}
    ApiKeyUse.objects.create(provider_id=key.provider_id, api_key=key, **seen)
    if key.last_used_at is None or key.last_used_at < used_at:
        key.last_used_at, key.last_used_from, key.last_used_by = used_at, use.address, use.client
        key.save(update_fields=["last_used_at", "last_used_from", "last_used_by"])


def _maker(provider: Provider, administrators: Sequence[Administrator]) -> Administrator:
    return next(one for one in administrators if one.provider_id == provider.pk and one.role == Role.ADMINISTRATOR_WITH_BILLING)
