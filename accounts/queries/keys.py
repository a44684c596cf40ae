"""What the overview and the list of keys say of a provider's keys."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils.functional import Promise

from accounts.key_words import REFUSED_BECAUSE
from accounts.models import ApiKey, ApiKeyUse, AuditEvent, Provider

LOOKS_BACK: Final = timedelta(days=7)
ENDED_SHOWN: Final = 20
FAR: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class KeyInUse:
    """A key that works, and the clients seen using it, the latest first. `expires_in`: in how many days, where that is near."""

    key: ApiKey
    clients: Sequence[ApiKeyUse]
    expires_in: int | None


@dataclass(frozen=True)
class ProvidersKeys:
    """The keys that work, the primary one first, then by name; and the last time within a week that a key of this provider was refused."""

    live: Sequence[KeyInUse]
    refused: AuditEvent | None

    @property
    def refused_because(self) -> str | Promise:
        """Why that was, in words."""
        return REFUSED_BECAUSE.get(self.refused.details.get("reason", ""), "") if self.refused else ""

    @property
    def present(self) -> KeyInUse | None:
        """The primary key."""
        return next((one for one in self.live if one.key.is_primary and not one.key.is_former), None)

    @property
    def former(self) -> KeyInUse | None:
        """The primary key before it, while it is kept."""
        return next((one for one in self.live if one.key.is_primary and one.key.is_former), None)

    @property
    def breaking(self) -> list[ApiKeyUse]:
        """The clients that stop working when the primary key is replaced, the latest first."""
        return _each_once(use for one in (self.present, self.former) if one for use in one.clients)

    @property
    def expiring(self) -> list[KeyInUse]:
        """Those that expire before long, the nearest first."""
        return sorted((one for one in self.live if one.expires_in is not None), key=lambda one: one.key.expires_at or FAR)


def keys_of(provider: Provider, *, at: datetime) -> ProvidersKeys:
    """What there is to say of `provider`'s keys at `at`; three statements, however many keys there are."""
    keys = list(ApiKey.objects.filter(provider=provider).live(at).in_order())
    clients = defaultdict(list)
    for use in ApiKeyUse.objects.filter(api_key__in=keys).order_by("-last_used_at"):
        clients[use.api_key_id].append(use)
    live = [KeyInUse(key, clients[key.pk], key.days_left(at) if key.expiry_notice(at) else None) for key in keys]
    refused = AuditEvent.objects.filter(provider=provider, action="api_key.refused", at__gte=at - LOOKS_BACK).order_by("-at")
    return ProvidersKeys(live, refused.first())


def ended_keys(provider: Provider, *, at: datetime) -> list[ApiKey]:
    """The last ones of `provider` that ceased to work, the latest first."""
    return list(ApiKey.objects.filter(provider=provider).ended(at)[:ENDED_SHOWN])


def clients_of(keys: Iterable[ApiKey]) -> list[ApiKeyUse]:
    """Who was seen using any of `keys`, the latest first."""
    return _each_once(ApiKeyUse.objects.filter(api_key__in=list(keys)))


def _each_once(uses: Iterable[ApiKeyUse]) -> list[ApiKeyUse]:
    """Of a client that uses two keys its last use."""
    last = {use.client: use for use in sorted(uses, key=lambda use: use.last_used_at)}
    return sorted(last.values(), key=lambda use: use.last_used_at, reverse=True)
