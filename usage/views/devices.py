"""The lists of devices: over all organizations, and of one. What changes a device is in `organization_devices.py`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.doors import OrganizationRequest, ProviderRequest, organization_door, provider_door
from accounts.listings import Listing, organization_csv, provider_csv
from accounts.models import Organization
from accounts.roles import Permission
from msp_portal.lib.page import page
from msp_portal.lib.tables import TableQuery
from usage.models import Device
from usage.models.device import DeviceQuerySet
from usage.views.lists import around, asked, beside_the_rows, narrowing_to, organizations_to_choose

PAGE = "devices/devices.html"
LIST = "devices-list"
COLUMNS: dict[str, str | tuple[str, ...]] = {
    "name": "folded_name",
    "organization": ("organization__folded_name", "folded_name"),
    "system": ("operating_system", "folded_name"),
    "serial": "serial_number",
    "added": "created_at",
}
CSV_COLUMNS = ("organization__name", "name", "operating_system", "serial_number", "created_at", "pk")
CSV_HEADER = [_("Organization"), _("Name"), _("Operating system"), _("Serial number"), _("Added"), _("ID")]


@provider_door("GET", permission=Permission.SEE_USERS)
def devices(request: ProviderRequest) -> HttpResponse:
    return page(request, PAGE, list_of(request), fragment=LIST)


@provider_csv(permission=Permission.SEE_USERS)
def devices_csv(request: ProviderRequest) -> Listing:
    return _listing(request, "devices.csv")


@organization_door("GET", permission=Permission.SEE_USERS)
def organization_devices(request: OrganizationRequest) -> HttpResponse:
    return page(request, PAGE, list_of(request, request.organization), fragment=LIST)


@organization_csv(permission=Permission.SEE_USERS)
def organization_devices_csv(request: OrganizationRequest) -> Listing:
    return _listing(request, f"devices of {request.organization.name}.csv", request.organization)


def list_of(request: ProviderRequest, organization: Organization | None = None) -> dict[str, Any]:
    """What `devices/devices.html` draws: the page of the list that the reader asked for, and what stands beside it."""
    organizations = [] if organization else organizations_to_choose(request)
    table = _table(request, organizations)
    shown = {"table": table, "page": table.page(_rows(request, organization)), "organizations": organizations}
    if organization:
        shown |= around(request, organization, "organization-devices")
    return {**beside_the_rows(request, organization), **shown}


def _rows(request: ProviderRequest, organization: Organization | None) -> QuerySet[Device]:
    # Not joined: with a search Postgres would look up every match once for each organization.
    rows = request.mine(Device.objects.prefetch_related("organization"))
    return rows.filter(organization=organization) if organization else rows


def _table(request: ProviderRequest, organizations: Sequence[Organization]) -> TableQuery:
    return TableQuery.from_request(
        asked(request),
        columns=COLUMNS,
        default="name",
        search=partial(DeviceQuerySet.matching, provider_id=request.provider.pk),
        filters={"organization": narrowing_to(organizations)},
    )


def _listing(request: ProviderRequest, name: str, organization: Organization | None = None) -> Listing:
    organizations = [] if organization else organizations_to_choose(request)
    rows = _table(request, organizations).filtered(_rows(request, organization))
    return Listing(name, CSV_HEADER, rows.values_list(*CSV_COLUMNS))
