"""The order of the payment methods, and removing one. The first is the default; the others are tried after it, one by one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Administrator, Provider
from billing import method_emails
from billing.actions.charges import MethodGone
from billing.actions.detaching import detach_later
from billing.actions.payments import lock_account
from billing.models import Charge, PaymentMethod
from msp_portal.lib.rules import RuleBroken

ASIDE: Final = 1000  # places beyond any bound, where methods stand while they change places


class MethodInUse(RuleBroken):
    """A charge whose end is not known may still need it."""

    message = _("A payment with this method is under way. It can be replaced or removed once the outcome is known.")
    code = "method_in_use"


class LastMethod(RuleBroken):
    message = _("This is the only payment method, and an invoice is open. Add another one first, or pay the invoice.")
    code = "last_method"


@transaction.atomic
def make_default(*, method: PaymentMethod, by: Administrator, at: datetime) -> PaymentMethod:
    """Put `method` first; the others keep their order behind it.

    :raises MethodGone: if it was removed.
    """
    methods = _locked(method)
    if not method.is_default:
        place_in_order([method, *(other for other in methods if other != method)])
        audit.record(by, "billing.method.default", method, at=at, before=str(methods[0]), after=str(method))
    return method


@transaction.atomic
def move_method(*, method: PaymentMethod, step: int, by: Administrator, at: datetime) -> PaymentMethod:
    """Let a backup be tried one place earlier (`step` -1) or later (1). At either end of the backups it stays where it is.

    :raises MethodGone: if it was removed.
    """
    methods = _locked(method)
    there = methods.index(method) + step
    if not method.is_default and 0 < there < len(methods):
        before = method.place
        methods.remove(method)
        methods.insert(there, method)
        place_in_order(methods)
        audit.record(by, "billing.method.moved", method, at=at, before=before, after=method.place)
    return method


@transaction.atomic
def remove_method(*, method: PaymentMethod, by: Administrator, at: datetime) -> PaymentMethod:
    """Remove it here and, after the commit, at the payment provider. Behind the default the first backup moves up.

    :raises MethodGone: if it was removed.
    :raises MethodInUse: while a charge with it is under way.
    :raises LastMethod: if it is the only one and something is open.
    """
    methods = _locked(method)
    if is_in_use(method):
        raise MethodInUse
    if len(methods) == 1 and owes_something(method.provider, at):
        raise LastMethod
    take_away(method, at)
    place_in_order([other for other in methods if other != method])
    audit.record(by, "billing.method.removed", method, at=at)
    method_emails.method_removed(method, by=by.name, at=at)
    return method


def methods_in_order(provider_id: str) -> list[PaymentMethod]:
    """What is on file, with the provider locked, as whatever charges does, too. Call it inside of a transaction."""
    lock_account(provider_id)
    return list(PaymentMethod.objects.filter(provider_id=provider_id).on_file())


def place_in_order(methods: Sequence[PaymentMethod]) -> None:
    """Number them from 1. In two steps, as no two may have the same place even for an instant."""
    wrong = [(place, method) for place, method in enumerate(methods, start=1) if method.place != place]
    for aside in (ASIDE, 0):
        for place, method in wrong:
            method.place = place + aside
        PaymentMethod.objects.bulk_update([method for _place, method in wrong], ["place"])


def take_away(method: PaymentMethod, at: datetime) -> None:
    """Off the file; the row stays, as charges name it."""
    method.removed_at = at
    method.save(update_fields=["removed_at"])
    detach_later(method)


def is_in_use(method: PaymentMethod) -> bool:
    """Whether a charge with it has no end yet."""
    return Charge.objects.filter(provider_id=method.provider_id, method=method).live().exists()


def owes_something(provider: Provider, at: datetime) -> bool:
    """Whether an invoice is open."""
    day = at.astimezone(ZoneInfo(provider.time_zone)).date()
    return provider.invoices.all().as_of(day).unpaid().exists()


def _locked(method: PaymentMethod) -> list[PaymentMethod]:
    """All on file, locked; `method` is read again, as someone may have moved it."""
    methods = methods_in_order(method.provider_id)
    if method not in methods:
        raise MethodGone
    method.refresh_from_db(fields=["place"])
    methods[methods.index(method)] = method
    return methods
