"""Work that is done for each provider by itself, on its own day."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from accounts.models import Provider
from billing.actions.payments import lock_account
from billing.bounds import AUTOPAY_FROM_HOUR
from msp_portal.lib import tenancy


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
    done, faults = 0, []
    for provider in providers:
        local = at.astimezone(ZoneInfo(provider.time_zone))
        if local.hour < AUTOPAY_FROM_HOUR:
            continue
        try:
            done += _alone(provider, local.date(), act, at=at)
        except Exception as fault:  # noqa: BLE001 - raised below: one that fails must not keep all others waiting
            faults.append(fault)
    if faults:
        raise ExceptionGroup(reason, faults)
    return done


def _alone(provider: Provider, day: date, act: Act, *, at: datetime) -> int:
    with tenancy.scope(provider.pk):
        lock_account(provider.pk)
        return act(provider, day, at=at)
