"""`/api/v2/providers/{provider_id}/billing/…`: the contract as a paper, and what it says beside the licences in use."""

from typing import Annotated

from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from billing.days import today
from billing.downloads import contract_download, not_drawn_yet
from billing.models import Contract
from billing.queries import contract_in_force, paper_of_contract
from msp_portal.lib.wire import files
from msp_portal.lib.wire.answers import WireError
from msp_portal.lib.wire.texts import PublicId
from usage.queries import licences_used

router = Router(tags=["Contract"])


class Product(TypedDict):
    """The package bought. No package gives licences away, so those included are 0 and those purchased the committed number."""

    name: Annotated[str, Field(examples=["Platform Plus"])]
    capabilities: list[str]
    includedLicenses: int
    purchasedLicenses: int


class BillingDetails(TypedDict):
    """What feeds the licence donut. `assignedLicenses` is the hourly total of users over all organizations.

    `hasContract` says whether licences were bought in bulk, so that there is a contract to download. `contractType` is the term of the
    version in force, bought in bulk or not: "annual", "monthly", or empty where none is in force.
    """

    assignedLicenses: int
    contractType: Annotated[str, Field(json_schema_extra={"enum": [*Contract.Kind.values, ""]})]
    hasContract: bool
    products: list[Product]


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/billing/contract",
    scope=Permission.SEE_LICENSES,
    name="Billing_GetContract",
    answer=None,
    more=files.described(files.PDF),
)
def get_contract(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """The contract in force as PDF; 404 where no licences were bought in bulk.

    It is drawn within a minute after the contract was made; until then 503 with `Retry-After`.
    """
    contract = contract_in_force(request.provider, today(request))
    if contract is None or not contract.is_committed:
        raise WireError(404, "No contract with committed licences is in force.")
    return contract_download(contract, paper_of_contract(contract) or not_drawn_yet())


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/billing/details",
    scope=Permission.SEE_LICENSES,
    name="Billing_GetDetails",
    answer=BillingDetails,
)
def get_details(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """Licences bought and in use."""
    contract = contract_in_force(request.provider, today(request))
    details: BillingDetails = {
        "assignedLicenses": licences_used(request.provider),
        "contractType": contract.kind if contract else "",
        "hasContract": contract is not None and contract.is_committed,
        "products": [_product(contract)] if contract and contract.is_committed else [],
    }
    return JsonResponse(details)


def _product(contract: Contract) -> Product:
    package = contract.package
    return {
        "name": package.name,
        "capabilities": package.includes,
        "includedLicenses": 0,
        "purchasedLicenses": contract.committed or 0,
    }
