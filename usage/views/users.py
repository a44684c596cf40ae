"""The lists of directory users: over all organizations, and of one. What changes a user is in `organization_users.py`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.doors import OrganizationRequest, ProviderRequest, organization_door, provider_door
from accounts.listings import Listing, organization_csv, provider_csv
from accounts.models import Organization
from accounts.roles import Permission
from msp_portal.lib.ids import is_public_id
from msp_portal.lib.page import page
from msp_portal.lib.tables import Choice, TableQuery
from usage.models import RemovedUser, User
from usage.models.user import UserQuerySet
from usage.queries import licences_of
from usage.views.lists import around, asked, beside_the_rows, narrowing_to, organizations_to_choose

PAGE = "users/users.html"
LIST = "users-list"
REMOVED = "removed"  # in the query string: whose removal the list offers to undo
COLUMNS: dict[str, str | tuple[str, ...]] = {
    "name": "folded_name",
    "user_name": "user_name",
    "organization": ("organization__folded_name", "folded_name"),
    "state": ("state", "folded_name"),
    "added": "created_at",
}
STATES = {state.value: Choice(state.label, partial(UserQuerySet.in_state, state=state)) for state in User.State}
CSV_COLUMNS = ("organization__name", "user_name", "first_name", "last_name", "email", "state", "created_at", "pk")
CSV_HEADER = [_("Organization"), _("User name"), _("First name"), _("Last name"), _("E-mail"), _("State"), _("Added"), _("ID")]


@provider_door("GET", permission=Permission.SEE_USERS)
def users(request: ProviderRequest) -> HttpResponse:
    shown = list_of(request)
    if request.administrator.may(Permission.SEE_LICENSES):
        shown["licences"] = licences_of(request.provider)
    return page(request, PAGE, shown, fragment=LIST)


@provider_csv(permission=Permission.SEE_USERS)
def users_csv(request: ProviderRequest) -> Listing:
    return _listing(request, "users.csv")


@organization_door("GET", permission=Permission.SEE_USERS)
def organization_users(request: OrganizationRequest) -> HttpResponse:
    return page(request, PAGE, list_of(request, request.organization), fragment=LIST)


@organization_csv(permission=Permission.SEE_USERS)
def organization_users_csv(request: OrganizationRequest) -> Listing:
    return _listing(request, f"users of {request.organization.name}.csv", request.organization)


def list_of(request: ProviderRequest, organization: Organization | None = None, removed_id: str = "") -> dict[str, Any]:
    """What `users/users.html` draws: the page of the list that the reader asked for, and what stands beside it; of `removed_id` the undoing."""
    organizations = [] if organization else organizations_to_choose(request)
    table = _table(request, organizations)
    found = table.page(_rows(request, organization).prefetch_related("invitation"))
    shown = {"table": table, "page": found, "organizations": organizations}
    shown["undo"] = _to_undo(request, removed_id or request.GET.get(REMOVED, ""))
    if organization:
        shown |= around(request, organization, "organization-users")
    return {**beside_the_rows(request, organization), **shown}


def _rows(request: ProviderRequest, organization: Organization | None) -> QuerySet[User]:
    # Not joined: with a search Postgres would look up every match once for each organization.
    rows = request.mine(User.objects.prefetch_related("organization"))
    return rows.filter(organization=organization) if organization else rows


def _to_undo(request: ProviderRequest, removed_id: str) -> RemovedUser | None:
    """The user just removed, for who may bring him back."""
    if not is_public_id(removed_id) or not request.administrator.may(Permission.EDIT_USERS):
        return None
    return request.mine(RemovedUser.objects.kept(request.at)).filter(pk=removed_id).first()


def _table(request: ProviderRequest, organizations: Sequence[Organization]) -> TableQuery:
    return TableQuery.from_request(
        asked(request),
        columns=COLUMNS,
        default="name",
        search=partial(UserQuerySet.matching, provider_id=request.provider.pk),
        filters={"state": STATES, "organization": narrowing_to(organizations)},
    )


def _listing(request: ProviderRequest, name: str, organization: Organization | None = None) -> Listing:
    organizations = [] if organization else organizations_to_choose(request)
    rows = _table(request, organizations).filtered(_rows(request, organization))
    words = {state: str(label) for state, label in User.State.choices}  # translated once, not in each of a million rows
    return Listing(name, CSV_HEADER, rows.values_list(*CSV_COLUMNS), partial(_cells, words))


def _cells(state_words: Mapping[str, str], row: tuple[Any, ...]) -> Sequence[object]:
    *said, state, created_at, user_id = row
    return [*said, state_words[state], created_at, user_id]
