"""Download Contract: the stored paper of the version in force."""

from django.http import HttpResponse
from django.utils.text import slugify

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.actions.documents import document_of
from billing.days import today
from billing.models import Contract, ContractDocument
from billing.queries import contract_in_force
from msp_portal.lib.page import page


@provider_door("GET", permission=Permission.SEE_LICENSES)
def contract(request: ProviderRequest) -> HttpResponse:
    """The PDF as it was stored; where there is none, a page that says why (404)."""
    found = contract_in_force(request.provider, today(request))
    document = document_of(found) if found and found.is_committed else None
    if found is None or document is None:
        return page(request, "billing/no_contract.html", {"contract": found, "provider": request.provider}, status=404)
    return _download(found, document)


def _download(found: Contract, document: ContractDocument) -> HttpResponse:
    name = f"contract-{slugify(found.number)}-v{found.version}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-cache",
        "ETag": f'"{document.sha256}"',
    }
    return HttpResponse(bytes(document.content), content_type=document.media_type, headers=headers)
