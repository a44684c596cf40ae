"""`/api/v2/…/cases`: the support cases of the portal's Help, as the vendor's API lists them. They are submitted and answered in the browser."""

from typing import Annotated, Final

from django.http import HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from accounts.api_door import ApiRequest
from accounts.api_endpoint import endpoint
from accounts.api_organization import ApiOrganizationRequest, at_one_organization, organization_parameter
from accounts.case_choices import CaseStatus, CaseType, OperatingSystem, Product, ResponseTime, ServiceGroup, Severity
from accounts.models import SupportCase
from accounts.roles import Permission
from msp_portal.lib.wire import parameters
from msp_portal.lib.wire.filters import Column
from msp_portal.lib.wire.lists import Listing
from msp_portal.lib.wire.texts import PublicId

router = Router(tags=["Support cases"])


class CaseBody(TypedDict):
    """One case; everything is text. `label` is number and subject in one, `organization` a name, empty where the case concerns none."""

    caseNumber: Annotated[str, Field(examples=["C-100001"])]
    caseSubmissionProductType: Annotated[str, Field(examples=[Product.LICENSES.value])]
    date: Annotated[str, Field(examples=["2026-03-01T09:30:00+00:00"])]
    description: str
    label: Annotated[str, Field(examples=["C-100001 Which users made the mark?"])]
    organization: Annotated[str, Field(examples=["Harbor Foods"])]
    os: Annotated[str, Field(examples=[OperatingSystem.values[0]])]
    reporter: Annotated[str, Field(examples=["Ada Berg"])]
    reporterEmail: Annotated[str, Field(examples=["ada@harbor.example"])]
    status: Annotated[str, Field(examples=[CaseStatus.ANSWERED.value])]
    subject: Annotated[str, Field(examples=["Which users made the mark?"])]


class CaseList(TypedDict):
    """A page of cases and how many match."""

    results: list[CaseBody]
    totalCount: int


class CaseWords(TypedDict):
    """What can stand in a case."""

    caseSubmissionProductTypes: list[str]
    caseTypes: list[str]
    os: list[str]
    preferredResponseTimes: list[str]
    productServiceGroups: list[str]
    products: list[str]
    severities: list[str]
    statuses: list[str]


class CaseMetadata(TypedDict):
    """The lists of words, in the envelope that clients expect."""

    results: CaseWords


COLUMNS: Final = {
    "caseNumber": Column("number"),
    "caseSubmissionProductType": Column("product"),
    "date": Column("submitted_at", "time"),
    "organization": Column("organization__name"),
    "os": Column("operating_system"),
    "reporter": Column("reporter_name"),
    "reporterEmail": Column("reporter_email"),
    "status": Column("status", words={status.value: status.value for status in CaseStatus}),
    "subject": Column("subject"),
}
# No `fields`: the contract's list takes none.
PARAMETERS: Final = (parameters.FILTER, parameters.LIMIT, parameters.SKIP, parameters.SORT)


def case_body(case: SupportCase) -> CaseBody:
    """One case on the wire."""
    return {
        "caseNumber": case.number,
        "caseSubmissionProductType": case.product,
        "date": case.submitted_at.isoformat(),
        "description": case.description,
        "label": str(case),
        "organization": case.organization.name if case.organization else "",
        "os": case.operating_system,
        "reporter": case.reporter_name,
        "reporterEmail": case.reporter_email,
        "status": case.status,
        "subject": case.subject,
    }


CASES: Final = Listing[SupportCase](columns=COLUMNS, body=case_body, order=("-submitted_at", "pk"))


@endpoint(
    router,
    "GET",
    "/v2/providers/{provider_id}/cases",
    scope=Permission.SEE_CASES,
    name="providers_providerListCase",
    answer=CaseList,
    parameters=PARAMETERS,
)
def list_cases(request: ApiRequest, provider_id: PublicId) -> HttpResponse:
    """All cases of the provider. The newest first, unless `sort` says otherwise."""
    return CASES.answer(request, request.mine(SupportCase.objects.all()).listed())  # type: ignore[attr-defined]  # of the queryset's own class


@endpoint(
    router,
    "GET",
    "/v2/organizations/cases",
    scope=Permission.SEE_CASES,
    name="organizations_orgListCases",
    answer=CaseList,
    parameters=(organization_parameter(required=True), *PARAMETERS),
)
@at_one_organization
def list_cases_of_an_organization(request: ApiOrganizationRequest) -> HttpResponse:
    """The cases that concern one organization. The header `x-org-id` names it."""
    of_one = request.mine(SupportCase.objects.filter(organization=request.organization))
    return CASES.answer(request, of_one.listed())  # type: ignore[attr-defined]


@endpoint(
    router, "GET", "/v2/cases/metadata", scope=Permission.SEE_CASES, name="organizations_casesMetadata", answer=CaseMetadata
)
def case_metadata(request: ApiRequest) -> HttpResponse:
    """What can stand in a case: products, kinds, severities, statuses and so on."""
    words: CaseWords = {
        "caseSubmissionProductTypes": list(Product.values),
        "caseTypes": list(CaseType.values),
        "os": list(OperatingSystem.values),
        "preferredResponseTimes": list(ResponseTime.values),
        "productServiceGroups": list(ServiceGroup.values),
        "products": list(Product.values),
        "severities": list(Severity.values),
        "statuses": list(CaseStatus.values),
    }
    return JsonResponse({"results": words})
