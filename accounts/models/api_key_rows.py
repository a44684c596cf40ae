"""Questions about several keys."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Least, Lower

from accounts.bounds import KEY_ALERT_AT_MOST_EVERY, KEY_EXPIRY_NOTICE_DAYS

if TYPE_CHECKING:
    from accounts.models.api_key import ApiKey


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def current(self) -> Self:
        """Neither revoked nor replaced: one primary key, and one of each name. It may have expired."""
        return self.filter(revoked_at=None, overlap_ends_at=None)

    def primary(self) -> Self:
        """The provider's one key, as the article has it (not the former one in its overlap)."""
        return self.current().filter(is_primary=True)

    def named(self) -> Self:
        """The further keys, each with a name of its own."""
        return self.filter(is_primary=False)

    def called(self, name: str) -> Self:
        """Those of that name, whatever its case."""
        return self.alias(folded=Lower("name")).filter(folded=Lower(models.Value(name)))

    def line_of(self, key: "ApiKey") -> Self:
        """`key` with those that it replaced and those that replaced it."""
        rows = self.filter(provider_id=key.provider_id, is_primary=key.is_primary)
        return rows if key.is_primary else rows.called(key.name)

    def former(self, at: datetime) -> Self:
        """Replaced, while they still work."""
        return self.filter(revoked_at=None, overlap_ends_at__gt=at)

    def ending_with(self, key: "ApiKey", at: datetime) -> Self:
        """What ends when `key` is revoked: it, and what it took the place of, if that still works."""
        return self.line_of(key).filter(models.Q(pk=key.pk) | models.Q(overlap_ends_at__gt=at), revoked_at=None)

    def live(self, at: datetime) -> Self:
        """Those that work."""
        end = Least("expires_at", "overlap_ends_at")
        return self.alias(end=end).filter(models.Q(end=None) | models.Q(end__gt=at), revoked_at=None)

    def ended(self, at: datetime) -> Self:
        """Those that no longer work, the latest first."""
        end = Least("revoked_at", "expires_at", "overlap_ends_at")
        return self.alias(end=end).filter(models.Q(revoked_at__isnull=False) | models.Q(end__lte=at)).order_by("-end", "pk")

    def in_order(self) -> Self:
        """The primary one first, then by name; one that is kept beside its successor after it."""
        return self.order_by("-is_primary", Lower("name"), models.F("overlap_ends_at").desc(nulls_first=True), "pk")

    def expiring(self, at: datetime) -> Self:
        """Those that work, are not replaced yet, and expire before long."""
        within = timedelta(days=max(KEY_EXPIRY_NOTICE_DAYS))
        return self.current().filter(expires_at__gt=at, expires_at__lte=at + within)

    def not_told(self, days: int) -> Self:
        """Those of whose expiry nobody was told so late as `days` before it."""
        return self.filter(models.Q(expiry_told_days=None) | models.Q(expiry_told_days__gt=days))

    def not_alerted(self, at: datetime) -> Self:
        """Those whose refused use raised no alert within a day before `at`."""
        return self.filter(models.Q(alerted_at=None) | models.Q(alerted_at__lte=at - KEY_ALERT_AT_MOST_EVERY))
