"""The way to the payment provider's page and back, as the person goes it. What the payment provider has to be asked, the worker asks."""

from datetime import datetime
from functools import partial
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Administrator, Provider
from billing import psp
from billing.actions.charges import MethodGone
from billing.actions.methods import MethodInUse, is_in_use, methods_in_order
from billing.bounds import MOST_METHODS, MOST_SETUPS
from billing.models import MethodSetup, PaymentMethod
from msp_portal.lib import nudge
from msp_portal.lib.rules import RuleBroken

WORK: Final = "billing.tasks.work_method_setups"
State = MethodSetup.State
BACK_WITH: Final = {State.RETURNED, State.CANCELLED}
"""What a person who comes back from the page may say. Whether a method was added is for the payment provider to say."""


class NoPaymentProvider(RuleBroken):
    message = _("This portal is not connected to a payment provider, so no payment method can be added.")
    code = "no_payment_provider"


class TooManyMethods(RuleBroken):
    message = _("You have as many payment methods as there may be. Remove one that is no longer used, or replace it.")
    code = "too_many_methods"


class TooManySetups(RuleBroken):
    """Each is a page at the payment provider."""

    message = _("The payment provider's page was opened many times today without adding anything. Please try again tomorrow.")
    code = "too_many_setups"


@transaction.atomic
def start_setup(
    *,
    provider: Provider,
    kind: str,
    by: Administrator,
    at: datetime,
    make_default: bool = False,
    replaces: PaymentMethod | None = None,
) -> MethodSetup:
    """Ask for a page of the payment provider's on which a method is added, maybe to take the place of `replaces`. The worker opens it.

    :raises NoPaymentProvider: where there is none.
    :raises MethodGone, MethodInUse: if the method to replace was removed, or a charge with it is under way.
    :raises TooManyMethods, TooManySetups: at the bounds.
    """
    if not psp.is_configured():
        raise NoPaymentProvider
    on_file = methods_in_order(provider.pk)
    if replaces is not None:
        _check_replaceable(replaces, on_file)
    if replaces is None and len(on_file) >= MOST_METHODS:
        raise TooManyMethods
    if MethodSetup.objects.filter(provider=provider).under_way().count() >= MOST_SETUPS:
        raise TooManySetups
    setup = MethodSetup.objects.create(
        provider=provider,
        kind=kind,
        administrator_id=by.pk,
        by=by.name,
        replaces=replaces,
        make_default=make_default,
        started_at=at,
    )
    _nudge_after_commit()
    return setup


@transaction.atomic
def come_back(*, setup: MethodSetup, outcome: str) -> MethodSetup:
    """Note that the person is back, finished or not; the worker looks what there is. What has its end keeps it."""
    locked = MethodSetup.objects.select_for_update(no_key=True).get(pk=setup.pk)
    if outcome in BACK_WITH and locked.state in {State.OPENING, State.OPEN, State.CANCELLED}:
        locked.state = outcome
        locked.save(update_fields=["state"])
        _nudge_after_commit()
    return locked


def page_finished(session_id: str) -> bool:
    """The payment provider says that this page was finished, whoever came back or not; whether it is a page of ours. Call it in a transaction."""
    setups = MethodSetup.objects.filter(session_id=session_id).exclude(session_id="")
    marked = setups.revivable().update(state=State.RETURNED)
    if marked:
        _nudge_after_commit()
    return setups.exists()


def _check_replaceable(method: PaymentMethod, on_file: list[PaymentMethod]) -> None:
    if method not in on_file:
        raise MethodGone
    if is_in_use(method):
        raise MethodInUse


def _nudge_after_commit() -> None:
    transaction.on_commit(partial(nudge.worker, WORK), robust=True)
