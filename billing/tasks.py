"""What the worker does for this app."""

from datetime import UTC, datetime

from celery import shared_task

from billing.actions.contracts import follow_contracts
from billing.actions.documents import make_missing_documents, make_missing_invoice_documents


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
