"""Papers, drawn once after the commit and kept as they are."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.db import connection
from django.db.models import Model, QuerySet

from billing.bounds import MOST_PAPERS_A_RUN
from billing.models import Contract, ContractDocument, Document, Invoice, InvoiceDocument
from billing.pdf import MEDIA_TYPE, contract_pdf, invoice_pdf
from msp_portal.lib import tenancy
from msp_portal.lib.each import each

log = structlog.get_logger(__name__)
M = TypeVar("M", bound=Model)

CLAIM = "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


def make_missing_documents() -> int:
    """Draw the paper of every contract with a commitment that has none yet; returns how many were missing."""
    missing = Contract.objects.filter(committed__isnull=False, document=None).select_related("provider", "package")
    return _draw_each(missing.order_by("made_at", "pk"), make_document)


def make_missing_invoice_documents() -> int:
    """Draw the papers of invoices and credit notes that have none yet, the oldest first; returns how many were missing.

    One run draws `MOST_PAPERS_A_RUN` at most: on the 1st, when all are issued at once, several workers share them.
    """
    missing = Invoice.objects.filter(document=None).select_related("corrects")
    return _draw_each(missing.order_by("issued_at", "pk"), make_invoice_document)


def make_document(contract: Contract) -> None:
    """Draw the contract's paper and keep it with its SHA-256, unless that was done before."""
    paper = ContractDocument(contract=contract, provider_id=contract.provider_id, made_at=contract.made_at)
    _keep(paper, contract_pdf(contract), contract=str(contract))


def make_invoice_document(invoice: Invoice) -> None:
    """Draw the paper of an invoice or credit note and keep it with its SHA-256, unless that was done before."""
    paper = InvoiceDocument(invoice=invoice, provider_id=invoice.provider_id, made_at=invoice.issued_at)
    _keep(paper, invoice_pdf(invoice), invoice=invoice.number)


def _draw_each(missing: QuerySet[M], draw: Callable[[M], None]) -> int:
    """A transaction for each, so that what is drawn stays whenever the worker is stopped.

    :raises ExceptionGroup: after the others were drawn, with what went wrong with some.
    """
    with tenancy.system("papers that are missing"):
        waiting = list(missing.values_list("pk", flat=True)[:MOST_PAPERS_A_RUN])
    return len(each(waiting, lambda pk: _draw(missing, pk, draw), failed="papers that could not be drawn"))


def _draw(missing: QuerySet[M], pk: Any, draw: Callable[[M], None]) -> None:
    """Draw one, unless another worker has done so meanwhile or is doing it."""
    with tenancy.system("drawing a paper"):
        row = missing.filter(pk=pk).first() if _is_claimed(pk) else None
        if row is not None:
            draw(row)


def _is_claimed(pk: str) -> bool:
    """Whether this transaction is the one to draw the paper. (An issued row is frozen, so it can't be locked itself.)"""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [pk])
        return bool(cursor.fetchone()[0])


def _keep(paper: Document, content: bytes, **said: str) -> None:
    paper.content, paper.media_type, paper.sha256 = content, MEDIA_TYPE, hashlib.sha256(content).hexdigest()
    type(paper)._default_manager.bulk_create([paper], ignore_conflicts=True)  # the first one stays
    log.info("billing.document_made", **said, provider=paper.provider_id, sha256=paper.sha256, size=len(content))
