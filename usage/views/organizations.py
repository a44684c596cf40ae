"""All client organizations of an MSP: the list, its CSV, and a new one."""

from collections.abc import Sequence
from typing import Final

from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.doors import ProviderRequest, provider_door
from accounts.listings import Listing, provider_csv
from accounts.models import Organization
from accounts.roles import Permission
from msp_portal.lib.acts import carry_out
from msp_portal.lib.page import page, redirect_to
from msp_portal.lib.tables import TableQuery
from usage.actions.organizations import open_organization
from usage.forms.caps import cap_initial
from usage.forms.organizations import NewOrganizationForm
from usage.models import SeatRequest, Seats
from usage.models.seats import SeatsQuerySet
from usage.queries.rows import ClientRow
from usage.queries.seat_requests import waiting_by_organization
from usage.views.usage import CAPS, rows_of

COLUMNS: Final[dict[str, str | tuple[str, ...]]] = {
    "name": "folded_name",
    "external": ("external_id", "folded_name"),
    "users": ("users", "folded_name"),
    "devices": ("devices", "folded_name"),
    "cap": ("user_cap", "folded_name"),
    "created": ("created_at", "folded_name"),
}


@provider_door("GET", permission=Permission.SEE_ORGANIZATIONS)
def organizations(request: ProviderRequest) -> HttpResponse:
    table, place, provider = _table(request), request.administrator, request.provider
    rows, sums = table.page_and_sums(_rows(request, table), ClientRow, ("users", "devices"))
    shown = {"table": table, "page": rows, "sums": sums, "zone": provider.time_zone, "provider": provider}
    may_edit = place.may(Permission.EDIT_ORGANIZATIONS)
    may_create = may_edit and not place.is_limited
    shown |= {"may_edit": may_edit, "may_create": may_create and provider.may_create_organizations, "may_ask": may_create}
    shown["waiting"] = waiting_by_organization(request.mine(SeatRequest.objects.all()))  # type: ignore[arg-type]  # that it stays
    return page(request, "organizations/organizations.html", shown, fragment="organizations-list")


@provider_csv(permission=Permission.SEE_ORGANIZATIONS)
def organizations_csv(request: ProviderRequest) -> Listing:
    """Exactly the rows that the page's search and filter match, in its order."""
    table = _table(request)
    header = [
        _("Organization"),
        _("Organization ID"),
        _("External ID"),
        _("Contact"),
        _("Contact's e-mail"),
        _("Users"),
        _("Devices"),
    ]
    header += [_("User cap"), _("Created"), _("Closed")]
    rows = table.filtered(_rows(request, table).select_related("organization"))
    return Listing("organizations.csv", header, rows, _cells)


@provider_door("GET", permission=Permission.EDIT_ORGANIZATIONS)
def new(request: ProviderRequest) -> HttpResponse:
    form = NewOrganizationForm(initial=cap_initial(request.provider.default_user_cap))
    return _form(request, form)


@provider_door("POST", permission=Permission.EDIT_ORGANIZATIONS)
def create(request: ProviderRequest) -> HttpResponse:
    form = NewOrganizationForm(request.POST)
    if carry_out(form, open_organization, by=request.administrator, at=request.at):
        made = form.result  # type: ignore[attr-defined]
        return redirect_to(request, made.get_absolute_url(), _("%(name)s was created.") % {"name": made.name})
    return _form(request, form, status=422)


def _form(request: ProviderRequest, form: NewOrganizationForm, status: int = 200) -> HttpResponse:
    """The form, or for a provider that may create no organizations whom to ask."""
    shown = {"form": form, "provider": request.provider}
    return page(request, "organizations/new.html", shown, fragment="new-organization", status=status)


def _table(request: ProviderRequest) -> TableQuery:
    return TableQuery.from_request(
        request.GET,
        columns=COLUMNS,
        default="name",
        filters={"cap": CAPS},
        search=lambda rows, words: rows.matching(words, provider_id=request.administrator.provider_id),  # type: ignore[attr-defined]
    )


def _rows(request: ProviderRequest, table: TableQuery) -> SeatsQuerySet:
    # Not joined: the sums of all that match need none of it, and a page a hundred of each.
    client = Organization.objects.filter(pk=OuterRef("pk"))
    return rows_of(request, table).annotate(
        external_id=Subquery(client.values("external_id")), created_at=Subquery(client.values("created_at"))
    )


def _cells(row: Seats) -> Sequence[object]:
    client = row.organization
    return (
        *(client.name, client.pk, client.external_id, client.contact_name, client.contact_email),
        *(row.users, row.devices, row.user_cap, client.created_at, client.closed_at),
    )
