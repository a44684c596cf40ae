"""Mails about requests for seats, both ways. Call these inside the transaction of the act that they tell of."""

from typing import Final

from django.conf import settings
from django.utils import translation

from accounts.emails import portal_url
from accounts.models import Administrator
from accounts.roles import Permission
from msp_portal.lib import outbox, tenancy
from usage.models import SeatRequest

TO_THE_MSP: Final = "seat-request"


def tell_the_msp(request: SeatRequest) -> None:
    """Let the MSP know of a request, or that it was withdrawn. The worker finds out whom: the wall lets a client's administrator see no one there."""
    payload = {"provider": request.provider_id, "request": request.pk, "state": request.state}
    outbox.put(TO_THE_MSP, payload, provider_id=request.provider_id)


@outbox.delivers(TO_THE_MSP)
def write_to_the_msp(payload: outbox.Payload, key: str) -> None:
    """A mail to each who may set the organization's cap, and to the MSP's contact."""
    with tenancy.scope(payload["provider"]), translation.override(settings.LANGUAGE_CODE):
        request = SeatRequest.objects.select_related("organization", "provider").get(pk=payload["request"])
        context = {
            "request": request,
            "is_withdrawn": payload["state"] == SeatRequest.State.WITHDRAWN,
            "url": portal_url("seat-request", request.organization_id, request.pk),
        }
        for email, name in _readers(request).items():
            outbox.mail(email, "seat_request", {**context, "name": name}, provider_id=request.provider_id)


def tell_the_asker(request: SeatRequest, *, user_cap: int | None) -> None:
    """Send the answer to who asked, as long as he is an administrator there: who has left is written to no more. `user_cap` is the cap now."""
    asker = request.asked_by
    if asker is None or not asker.is_active:
        return
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "request": request,
            "name": asker.name,
            "provider_name": request.provider.name,
            "user_cap": user_cap,
            "url": portal_url("organization-users", request.organization_id),
        }
        outbox.mail(asker.email, "seat_request_answered", context, provider_id=request.provider_id)


def _readers(request: SeatRequest) -> dict[str, str]:
    """Names by address, each address once."""
    provider = request.provider
    may = Administrator.objects.filter(provider=provider).who_may(Permission.EDIT_CAPS).reaching(request.organization)
    found = {person.email.lower(): person.name for person in may}
    if provider.contact_email:
        found.setdefault(provider.contact_email.lower(), provider.contact_name)
    return found
