"""The answers of a closed door: sign in, prove it is you, you may not (and who may), someone else is busy; and the note of what a rule refused."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import audit
from accounts.models import Administrator, AuditEvent, Provider
from accounts.roles import Permission
from msp_portal.lib import tenancy
from msp_portal.lib.rules import RuleBroken

if TYPE_CHECKING:
    from accounts.doors import ProviderRequest


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back to the page the person was on."""
    return _go(request, "sign-in")


def step_up(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password again, and back to the page the form was on: the act is repeated, never replayed."""
    return _go(request, "account_reauthenticate")


def choose_place(request: HttpRequest) -> HttpResponse:
    """To the choice of an account, for a person with several, and then to the page asked for."""
    return _go(request, "places")


def too_junior(request: "ProviderRequest", permission: Permission) -> HttpResponse:
    """403 with the people of this provider who may, or its contact for those whom the wall lets see no colleagues."""
    provider = Provider.objects.get(pk=request.administrator.provider_id)
    can_help = Administrator.objects.filter(provider=provider).who_may(permission)[:5]
    return render(request, "403.html", {"permission": permission, "can_help": can_help, "provider": provider}, status=403)


def note_refusals(request: "ProviderRequest", refusals: list[RuleBroken], organization_id: str | None) -> None:
    """Write what a rule refused to the audit log, after the rollback of what was refused."""
    place = request.administrator
    if not refusals:
        return
    with tenancy.scope(place.provider_id, place.reach, place.name):
        for rule in refusals:
            audit.record(
                place,
                f"refused.{rule.code}",
                organization_id=rule.details.get("organization_id") or organization_id,  # type: ignore[arg-type]
                outcome=AuditEvent.Outcome.REFUSED,
                at=request.at,
                message=str(rule),
                **{name: value for name, value in rule.details.items() if name != "organization_id"},  # type: ignore[arg-type]
            )


def no_place(request: HttpRequest) -> HttpResponse:
    """403 for a person whose every place was suspended or removed."""
    return render(request, "accounts/no_place.html", status=403)


def busy(request: HttpRequest) -> HttpResponse:
    """503: another transaction held the rows too long. Nothing was written; the same request may go through in a moment."""
    response = render(request, "busy.html", status=503)
    response["Retry-After"] = "1"
    return response


def _go(request: HttpRequest, name: str) -> HttpResponse:
    """htmx is told to leave the page, so that no sign-in form lands inside a table row."""
    url = f"{reverse(name)}?{urlencode({'next': page_of(request)})}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=200, headers={"HX-Redirect": url})
    return HttpResponse(status=302, headers={"Location": url})


def page_of(request: HttpRequest) -> str:
    """The path of the page the person looks at: its own for a GET, the one the form or fragment stood on otherwise."""
    source = request.headers.get("HX-Current-URL") or (request.headers.get("Referer") if request.method != "GET" else None)
    if source and url_has_allowed_host_and_scheme(source, {request.get_host()}):
        parts = urlsplit(source)
        path = parts.path or "/"
        return f"{path}?{parts.query}" if parts.query else path
    return request.get_full_path() if request.method == "GET" else reverse("home")
