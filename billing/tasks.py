"""What the worker does for this app."""

from datetime import UTC, datetime

from celery import shared_task

from billing.actions import webhooks
from billing.actions.autopay import charge_what_is_due
from billing.actions.card_expiry import tell_of_expiry
from billing.actions.collecting import collect
from billing.actions.contracts import follow_contracts
from billing.actions.documents import make_missing_documents, make_missing_invoice_documents
from billing.actions.method_setups import WORK
from billing.actions.monthly_run import run_billing
from billing.actions.notices import tell_what_is_due
from billing.actions.reconciling import reconcile
from billing.actions.working_setups import work_setups
from msp_portal.lib import tenancy


@shared_task(name="billing.tasks.make_contract_documents")
def make_contract_documents() -> None:
    """Draw the papers that are missing: every minute, so a new contract can be downloaded soon."""
    make_missing_documents()


@shared_task(name="billing.tasks.make_invoice_documents")
def make_invoice_documents() -> None:
    """Draw the papers of what was issued in the last minute."""
    make_missing_invoice_documents()


@shared_task(name="billing.tasks.follow_contracts")
def follow_all_contracts() -> None:
    """Copy down what is in force since midnight: hourly, as each provider has a midnight of its own."""
    follow_contracts(at=datetime.now(UTC))


@shared_task(name="billing.tasks.collect_charges")
def collect_charges() -> None:
    """Send what was intended: at once when a charge is meant, and every minute, so that no lost message loses a charge."""
    collect(_now)


@shared_task(name="billing.tasks.autopay")
def autopay() -> None:
    """Charge what is due today: hourly, as each provider has a morning of its own and a backup may follow the same day."""
    charge_what_is_due(at=_now())


@shared_task(name="billing.tasks.tell_what_is_due")
def tell_of_what_is_due() -> None:
    """Write of charges that come, and of what is past due: hourly, as each provider has a morning of its own."""
    tell_what_is_due(at=_now())


@shared_task(name="billing.tasks.work_webhooks")
def work_webhooks() -> None:
    """Apply what the payment provider told: at once when it comes, and every minute."""
    webhooks.work_inbox(_now)


@shared_task(name="billing.tasks.reconcile_charges")
def reconcile_charges() -> None:
    """Find out what became of charges without an answer."""
    reconcile(_now)


@shared_task(name="billing.tasks.forget_webhooks")
def forget_webhooks() -> None:
    """Remove events of long ago."""
    with tenancy.system("webhooks of long ago"):
        webhooks.forget(_now())


@shared_task(name=WORK)
def work_method_setups() -> None:
    """Open the payment provider's pages that people wait for, and read those they came back from: by a nudge, and every minute."""
    work_setups(_now)


@shared_task(name="billing.tasks.tell_of_expiring_cards")
def tell_of_expiring_cards() -> int:
    """Every day: write to those whose cards expire before long, once a card; the number of cards told of."""
    return tell_of_expiry(at=_now())


@shared_task(name="billing.tasks.run_billing")
def run_monthly_billing() -> None:
    """Issue what is due: hourly, as each provider has a 1st of its own, and what was missed is caught up."""
    run_billing(at=datetime.now(UTC))


def _now() -> datetime:
    return datetime.now(UTC)
