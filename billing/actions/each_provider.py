"""Work that is done for each provider by itself, on its own day."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from accounts.models import Provider
from billing.actions.payments import lock_account
from billing.bounds import AUTOPAY_FROM_HOUR
from msp_portal.lib import tenancy
from msp_portal.lib.each import each


class Act(Protocol):
    def __call__(self, provider: Provider, day: date, *, at: datetime) -> int:
        """Do what is due on the provider's `day`, under its lock; how many things that were."""


def each_in_the_morning(find: Callable[[], Iterable[Provider]], act: Act, *, reason: str, at: datetime) -> int:
    """Let `act` work for each provider found for whom it is 09:00 or later; how many things it did.

    Each has a transaction and a lock of its own, so that who comes second at the same instant finds the work done.

    :raises ExceptionGroup: after the others were served, with what went wrong with some.
    """
    with tenancy.system(reason):
        providers = list(find())
    return sum(each(providers, lambda provider: _alone(provider, act, at=at), failed=reason))


def _alone(provider: Provider, act: Act, *, at: datetime) -> int:
    local = at.astimezone(ZoneInfo(provider.time_zone))
    if local.hour < AUTOPAY_FROM_HOUR:
        return 0
    with tenancy.scope(provider.pk):
        lock_account(provider.pk)
        return act(provider, local.date(), at=at)
