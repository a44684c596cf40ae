"""Papers, made once and kept as they are."""

import hashlib

import structlog
from django.db import connection, transaction

from billing.models import Contract, ContractDocument
from billing.pdf import MEDIA_TYPE, contract_pdf
from msp_portal.lib import tenancy

log = structlog.get_logger(__name__)

# Two workers may draw the same paper; the first one's is kept. (Plain SQL, as Django knows no "do nothing" for one row.)
KEEP = """
    insert into billing_contractdocument (provider_id, contract_id, content, sha256, media_type, made_at)
    values (%s, %s, %s, %s, %s, %s) on conflict (contract_id) do nothing
"""


def make_missing_documents() -> int:
    """Draw the paper of every contract with a commitment that has none yet; returns how many were missing."""
    with tenancy.system("contract documents"):
        missing = list(
            Contract.objects.filter(committed__isnull=False, document=None)
            .select_related("provider", "package")
            .order_by("made_at")
        )
        for contract in missing:
            make_document(contract)
    return len(missing)


@transaction.atomic
def make_document(contract: Contract) -> None:
    """Draw the contract's paper and keep it with its SHA-256, unless that was done before."""
    content = contract_pdf(contract)
    digest = hashlib.sha256(content).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [contract.provider_id, contract.pk, content, digest, MEDIA_TYPE, contract.made_at])
    log.info("billing.document_made", contract=str(contract), provider=contract.provider_id, sha256=digest, size=len(content))


def document_of(contract: Contract) -> ContractDocument | None:
    """The stored paper of one version; None while the worker has not drawn it."""
    return ContractDocument.objects.filter(provider_id=contract.provider_id, contract=contract).first()
