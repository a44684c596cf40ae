"""What the worker does for those on their way to a payment method: opens the payment provider's page, and reads what was added there.

Each call to the payment provider is made outside of any transaction, and only what is still waited for is written afterwards, under a lock.
So two workers may do the same, or one be killed at any line: there is one customer, one page and one method in the end.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from accounts.emails import portal_url
from accounts.models import Provider
from billing import psp
from billing.actions.adding_methods import add_method
from billing.bounds import SETUP_OPENS_WITHIN
from billing.hosted import is_hosted
from billing.models import BillingAccount, MethodSetup
from billing.queries import currency_of
from billing.setup_words import FINAL_REFUSALS, Failure
from msp_portal.lib import tenancy
from msp_portal.lib.each import each

log = structlog.get_logger(__name__)

State = MethodSetup.State


def work_setups(now: Callable[[], datetime]) -> int:
    """Take each setup that waits for the worker one step on; their number. One that fails must not keep the others waiting."""
    with tenancy.system("payment methods on their way"):
        waiting = list(MethodSetup.objects.all().to_be_worked(now()).select_related("provider"))
    try:
        return len(each(waiting, lambda setup: STEPS[setup.state](setup, now()), failed="setups of payment methods"))
    finally:
        close_stale(now())  # after each had its last chance


def open_page(setup: MethodSetup, at: datetime) -> None:
    """Ask for the page, and keep where it is."""
    try:
        page = psp.open_setup(
            customer=customer_of(setup.provider),
            provider_id=setup.provider_id,
            currency=currency_of(setup.provider, at.astimezone(ZoneInfo(setup.provider.time_zone)).date()),
            kind=setup.kind,  # type: ignore[arg-type]  # its choices
            return_url=portal_url("method-back", setup.pk),
            cancel_url=portal_url("method-cancelled", setup.pk),
        )
    except psp.Unknown as fault:
        wait_or_fail(setup, fault, at)
    except psp.PaymentProviderError as fault:
        fail(setup, FINAL_REFUSALS.get(fault.code, Failure.REFUSED), at, fault.code)
    else:
        keep_page(setup, page, at)


def keep_page(setup: MethodSetup, page: psp.HostedPage, at: datetime) -> None:
    """The first page that was opened is the one; nobody is sent to an address that isn't the payment provider's."""
    if not is_hosted(page.url):
        fail(setup, Failure.REFUSED, at, "hosted_origin")
        return
    with tenancy.system("the page for a payment method"):
        rows = MethodSetup.objects.filter(pk=setup.pk, state=State.OPENING)
        rows.update(state=State.OPEN, session_id=page.session_id, url=page.url)


def customer_of(provider: Provider) -> str:
    """What the payment provider calls this provider, which it is told of at the first need."""
    with tenancy.system("a provider's billing account"):
        account, _new = BillingAccount.objects.get_or_create(provider=provider)
    if account.psp_customer:
        return account.psp_customer
    made = psp.ensure_customer(
        provider_id=provider.pk, name=provider.name, email=provider.contact_email, idempotency_key=f"customer-{provider.pk}"
    )
    with tenancy.system("a provider's billing account"):
        BillingAccount.objects.filter(pk=provider.pk, psp_customer="").update(psp_customer=made)
        return BillingAccount.objects.values_list("psp_customer", flat=True).get(pk=provider.pk)


def read_page(setup: MethodSetup, at: datetime) -> None:
    """Ask what was added, and put it on file."""
    try:
        facts = psp.method_of_session(session_id=setup.session_id)
    except psp.Unknown as fault:
        log.warning("billing.method.unread", setup=setup.pk, provider=setup.provider_id, error=fault.code)
    except psp.NotFinished as fault:
        fail(setup, Failure.NOT_FINISHED, at, fault.code)
    except psp.PaymentProviderError as fault:
        fail(setup, Failure.REFUSED, at, fault.code)
    else:
        with tenancy.system("a payment method that was added"):
            add_method(setup_id=setup.pk, facts=facts, at=at)


def close_cancelled(setup: MethodSetup, at: datetime) -> None:
    """Nobody waits for it any more. Should the page be finished all the same, the payment provider tells."""
    with tenancy.system("a setup of a payment method that was given up"):
        MethodSetup.objects.filter(pk=setup.pk, state=State.CANCELLED).update(settled_at=at)


def close_stale(at: datetime) -> None:
    """End what could not be read in time."""
    with tenancy.system("setups of payment methods that nobody finished"):
        MethodSetup.objects.all().stale(at).update(state=State.FAILED, failure=Failure.TOO_LATE, settled_at=at)


def wait_or_fail(setup: MethodSetup, fault: psp.Unknown, at: datetime) -> None:
    """Try again with the next run, until the person has waited long enough."""
    log.warning("billing.method.unopened", setup=setup.pk, provider=setup.provider_id, error=fault.code)
    if at - setup.started_at >= SETUP_OPENS_WITHIN:
        fail(setup, Failure.NO_ANSWER, at, fault.code)


def fail(setup: MethodSetup, failure: str, at: datetime, code: str) -> None:
    """End it without a method, unless another worker was luckier meanwhile."""
    log.warning("billing.method.failed", setup=setup.pk, provider=setup.provider_id, failure=failure, error=code)
    with tenancy.system("a setup of a payment method that failed"):
        rows = MethodSetup.objects.filter(pk=setup.pk, state=setup.state)
        rows.update(state=State.FAILED, failure=failure, settled_at=at)


STEPS: Final[dict[str, Callable[[MethodSetup, datetime], None]]] = {
    State.OPENING: open_page,
    State.OPEN: read_page,
    State.RETURNED: read_page,
    State.CANCELLED: close_cancelled,
}
