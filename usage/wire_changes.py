"""What a key asked to change of an organization, each part of it if its role may: the same at every address (design: provider-api, decisions 3 and 4)."""

from collections.abc import Mapping
from typing import Any, Final

from django.shortcuts import get_object_or_404

from accounts.api_door import ApiRequest, demand
from accounts.roles import Permission
from msp_portal.lib.wire import etags
from usage.actions.organizations import change_organization
from usage.models.seats import SeatsQuerySet

NAMES: Final = ("name", "contact_name", "contact_email")


def change_as_allowed(request: ApiRequest, rows: SeatsQuerySet, organization_id: str, said: Mapping[str, Any]) -> None:
    """Change what is `said`: any of NAMES, and `user_cap`. A value that stays as it is needs no permission of its own.

    `rows` are seats, locked here with their organizations.

    :raises NotAllowed: for a part that the role may not change, with nothing changed.
    :raises WireError: 412 when `If-Match` names another version.
    :raises Http404: for none of the key's own among `rows`.
    """
    if not request.key.may(Permission.EDIT_CAPS):
        demand(request, Permission.EDIT_ORGANIZATIONS)
    seats = get_object_or_404(request.mine(rows.lock_with_organizations()), pk=organization_id)
    client = seats.organization
    names = {field: said.get(field, getattr(client, field)) for field in NAMES}
    user_cap = said.get("user_cap", seats.user_cap)
    if any(getattr(client, field) != value for field, value in names.items()):
        demand(request, Permission.EDIT_ORGANIZATIONS)
    if user_cap != seats.user_cap:
        demand(request, Permission.EDIT_CAPS)
    etags.refuse_another_version(request, seats.cap_version)
    change_organization(organization=client, **names, user_cap=user_cap, by=request.key, at=request.at)
