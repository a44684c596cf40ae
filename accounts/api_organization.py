"""Addresses of the JSON API that are about one organization, which no part of them names: the header `x-org-id` does."""

from functools import wraps
from typing import Any, Final

from django.http.response import HttpResponseBase

from accounts.api_door import ORGANIZATION_HEADER, ApiRequest
from accounts.doors import View
from accounts.models import Organization
from msp_portal.lib.wire.answers import WireError
from msp_portal.lib.wire.parameters import Parameter
from msp_portal.lib.wire.texts import ID_EXAMPLE, ID_PATTERN

NONE_SELECTED: Final = "Unauthorized: no organization selected"
"""What the vendor's API says; clients look for these words."""


class ApiOrganizationRequest(ApiRequest):
    """The same, at one organization of the provider."""

    organization: Organization


def at_one_organization(view: View) -> View:
    """Run the view for requests that name their organization, which the door has found by then; 401 for all others, as the vendor's API has it."""

    @wraps(view)
    def run(request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.organization is None:
            raise WireError(401, NONE_SELECTED)
        return view(request, *args, **kwargs)

    return run


def organization_parameter(*, required: bool) -> Parameter:
    """The header as OpenAPI describes it."""
    return {
        "in": "header",
        "name": ORGANIZATION_HEADER,
        "required": required,
        "description": "The organization that the request is about." + (" Without it the answer is 401." if required else ""),
        "schema": {"type": "string", "pattern": ID_PATTERN},
        "example": ID_EXAMPLE,
    }
