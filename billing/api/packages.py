"""`/api/v2/subscriptions`: the packages on sale, as the vendor's API calls them."""

from typing import Annotated, Final

from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.roles import Permission
from billing.models import Package
from msp_portal.lib.wire.texts import Currency

router = Router(tags=["Packages"])

MONTHS_A_YEAR: Final = 12


class Feature(TypedDict):
    """A line of what the package includes, in this vendor's own words."""

    name: Annotated[str, Field(examples=["Cloud directory"])]


class PackageBody(TypedDict):
    """A package at its list prices, a licence each: `listPrice` a month, `annualPrice` twelve months; neither is reduced. Contracts may differ.

    `currency` is more than the vendor's API tells: without it a price says nothing.
    """

    displayName: Annotated[str, Field(examples=["Platform Plus"])]
    productCode: Annotated[str, Field(examples=["platform-plus"])]
    listPrice: Annotated[float, Field(examples=[11.0])]
    annualPrice: Annotated[float, Field(examples=[132.0])]
    currency: Currency
    features: list[Feature]


def package_body(package: Package) -> PackageBody:
    """One package on the wire. Its prices become JSON's numbers here and are reckoned with no further."""
    return {
        "displayName": package.name,
        "productCode": package.code,
        "listPrice": float(package.unit_price),
        "annualPrice": float(package.unit_price * MONTHS_A_YEAR),
        "currency": package.currency,
        "features": [{"name": line} for line in package.includes],
    }


@endpoint(
    router,
    "GET",
    "/v2/subscriptions",
    scope=Permission.SEE_LICENSES,
    name="subscriptions_get",
    answer=list[PackageBody],
)
def list_packages(request: ApiRequest) -> HttpResponse:
    """Every package on sale, by name; those withdrawn are left out."""
    packages = Package.objects.on_sale(request.at).order_by("name", "code")
    return JsonResponse([package_body(package) for package in packages], safe=False)
