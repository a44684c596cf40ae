"""What the shell of every page needs: who is here, where one can go, which theme."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Administrator
from accounts.roles import Permission

NAVIGATION: Final = [
    # URL name, label, icon, permission, path prefix
    ("organizations", _("Organizations"), "building-2", Permission.SEE_ORGANIZATIONS),
    ("users", _("Users"), "users", Permission.SEE_USERS),
    ("devices", _("Devices"), "monitor-smartphone", Permission.SEE_USERS),
    ("administrators", _("Administrators"), "shield-user", Permission.SEE_ADMINISTRATORS),
    ("activity", _("Activity"), "history", Permission.SEE_ACTIVITY),
    ("account", _("Account Management"), "wallet-cards", Permission.SEE_ACCOUNT),
    ("help", _("Help"), "life-buoy", Permission.SEE_CASES),
]
OF_AN_ORGANIZATION: Final = [
    ("organization-users", _("Users"), "users", Permission.SEE_USERS),
    ("organization-devices", _("Devices"), "monitor-smartphone", Permission.SEE_USERS),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """`me`, `nav` and `theme` for `base.html`; `me` and `nav` are empty outside a tenant's door. Runs no query."""
    place: Administrator | None = getattr(request, "administrator", None)
    shown = {"theme": request.COOKIES.get("theme", "auto")}
    if place is None:
        return shown
    me = {
        "name": place.name,
        "role_name": place.get_role_display(),
        "provider_name": getattr(place, "provider_name", ""),
        "organization_name": getattr(place, "organization_name", None),
        "has_several_places": getattr(place, "has_several_places", False),
    }
    return {**shown, "me": me, "nav": _navigation(request, place)}


def _navigation(request: HttpRequest, place: Administrator) -> list[dict[str, Any]]:
    entries, arguments = (OF_AN_ORGANIZATION, [place.organization_id]) if place.is_of_an_organization else (NAVIGATION, [])
    found = []
    for name, label, icon, permission in entries:
        if place.may(permission):
            url = reverse(name, args=arguments)
            found.append({"label": label, "url": url, "icon": icon, "current": request.path.startswith(url)})
    return found
