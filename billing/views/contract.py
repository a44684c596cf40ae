"""Download Contract: the stored paper of the version in force."""

from django.http import HttpResponse

from accounts.doors import ProviderRequest, provider_door
from accounts.roles import Permission
from billing.days import today
from billing.downloads import contract_download
from billing.queries import contract_in_force, paper_of_contract
from msp_portal.lib.page import page


@provider_door("GET", permission=Permission.SEE_LICENSES)
def contract(request: ProviderRequest) -> HttpResponse:
    """The PDF as it was stored; where there is none, a page that says why (404)."""
    found = contract_in_force(request.provider, today(request))
    paper = paper_of_contract(found) if found and found.is_committed else None
    if found is None or paper is None:
        return page(request, "billing/no_contract.html", {"contract": found, "provider": request.provider}, status=404)
    return contract_download(found, paper)
