"""What the overview says of a provider's keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.models import ApiKey, ApiKeyUse, AuditEvent, Provider

LOOKS_BACK: Final = timedelta(days=7)


@dataclass(frozen=True)
class KeyInUse:
    """A key that works, and the clients seen using it, the latest first."""

    key: ApiKey
    clients: Sequence[ApiKeyUse]


@dataclass(frozen=True)
class ProvidersKeys:
    """The present key, the former one while it is kept, and the last time within a week that a key of this provider was refused."""

    present: KeyInUse | None
    former: KeyInUse | None
    refused: AuditEvent | None

    @property
    def breaking(self) -> list[ApiKeyUse]:
        """The clients that stop working when the key is replaced, the latest first."""
        return [use for key in (self.present, self.former) if key for use in key.clients]


def keys_of(provider: Provider, *, at: datetime) -> ProvidersKeys:
    """What there is to say of `provider`'s keys at `at`; three statements."""
    keys = ApiKey.objects.filter(provider=provider)
    live = [*keys.primary(), *keys.former(at).order_by("-created_at")[:1]]
    uses = list(ApiKeyUse.objects.filter(provider=provider, api_key__in=live).order_by("-last_used_at"))
    found = {key.overlap_ends_at is None: KeyInUse(key, [use for use in uses if use.api_key_id == key.pk]) for key in live}
    refused = AuditEvent.objects.filter(provider=provider, action="api_key.refused", at__gte=at - LOOKS_BACK).order_by("-at")
    return ProvidersKeys(found.get(True), found.get(False), refused.first())
