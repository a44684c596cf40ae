"""Help: answers to what is asked most, and whom to ask."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse

from accounts.bounds import KEY_OVERLAP_HOURS, USER_CAP_MAX, USER_CAP_MIN
from accounts.case_choices import MEANINGS, RESPONSE_TIMES, WAITING_FOR_SUPPORT, CaseStatus, Severity
from accounts.doors import ProviderRequest, provider_door
from accounts.roles import MSP_ROLES, PERMISSIONS, Permission, Role
from accounts.views.cases import reached_cases
from msp_portal.lib.page import page


@provider_door("GET", permission=Permission.SEE_CASES)
def help_page(request: ProviderRequest) -> HttpResponse:
    """`/help/`"""
    place = request.administrator
    shown = {
        "provider": request.provider,
        "may_submit": place.may(Permission.SUBMIT_CASES),
        "numbers": _numbers(request),
        "severities": [(severity.label, MEANINGS[severity], RESPONSE_TIMES[severity].label) for severity in Severity],
        "roles": [(role.label, role == place.role, _what(role)) for role in MSP_ROLES],
        "bounds": {"cap_least": USER_CAP_MIN, "cap_most": USER_CAP_MAX, "overlap_hours": KEY_OVERLAP_HOURS},
    }
    return page(request, "cases/help.html", shown)


def _numbers(request: ProviderRequest) -> dict[str, Any]:
    """How many cases are with support, and how many were answered and wait for the MSP."""
    return reached_cases(request).aggregate(
        waiting=Count("pk", filter=Q(status__in=WAITING_FOR_SUPPORT)), answered=Count("pk", filter=Q(status=CaseStatus.ANSWERED))
    )


def _what(role: Role) -> list[str]:
    """What the role may do, as the table in code says it."""
    return [str(permission.label) for permission in Permission if permission in PERMISSIONS[role]]
